import { type Dialect, events, type ModelReply } from './model.ts'

interface Block {
  type: string
  tool_use_id: string
  content: string | { type: string; text?: string }[]
}
interface MessagesRequest {
  model: string
  stream?: boolean
  tools?: { name: string }[]
  messages: { content: string | Block[] }[]
}

/** The Messages API of Anthropic, streamed or not. */
export const anthropicMessages: Dialect = {
  parse({ path, body }) {
    if (!/^\/v1\/messages(\?|$)/.test(path)) return undefined
    const { tools = [], messages } = body as MessagesRequest
    const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    const results = blocks.filter(({ type }) => type === 'tool_result')
    return {
      offered: tools.map(({ name }) => name),
      results: results.map(({ tool_use_id: id, content }) => ({ id, text: textOf(content) })),
    }
  },

  format(reply, { body }) {
    const { model, stream } = body as MessagesRequest
    const whole = { ...EMPTY, model, content: [blockOf(reply)], stop_reason: stopOf(reply) }
    if (!stream) return { type: 'application/json', body: JSON.stringify(whole) }
    const delta = 'call' in reply ? input(reply.call.input) : { type: 'text_delta', text: reply.text }
    return events(
      [
        { type: 'message_start', message: { ...EMPTY, model } },
        { type: 'content_block_start', index: 0, content_block: blockOf(reply, { isEmpty: true }) },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: stopOf(reply) }, usage: { output_tokens: 1 } },
        { type: 'message_stop' },
      ],
      { named: true },
    )
  },

  otherwise: ({ path }) => (path.includes('/count_tokens') ? { input_tokens: 1 } : undefined),
}

const EMPTY = {
  id: 'msg_stub',
  type: 'message',
  role: 'assistant',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
} as const

const input = (of: object) => ({ type: 'input_json_delta', partial_json: JSON.stringify(of) })
const stopOf = (reply: ModelReply) => ('call' in reply ? 'tool_use' : 'end_turn')

function blockOf(reply: ModelReply, { isEmpty = false } = {}): object {
  if (!('call' in reply)) return { type: 'text', text: isEmpty ? '' : reply.text }
  return { type: 'tool_use', ...reply.call, input: isEmpty ? {} : reply.call.input }
}

function textOf(content: Block['content']): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')
}
