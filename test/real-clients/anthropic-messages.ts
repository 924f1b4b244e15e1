import { type Dialect, events, type Move } from './model.ts'

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

/** Anthropic's Messages, streamed or not. */
export const anthropicMessages: Dialect = {
  heard({ path, body }) {
    if (!/^\/v1\/messages(\?|$)/.test(path)) return undefined
    const { tools = [], messages } = body as MessagesRequest
    const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    const results = blocks.filter(({ type }) => type === 'tool_result')
    return {
      offered: tools.map(({ name }) => name),
      results: results.map(({ tool_use_id: id, content }) => ({ id, text: textOf(content) })),
    }
  },

  said(move, { body }) {
    const { model, stream } = body as MessagesRequest
    const whole = { ...EMPTY, model, content: [blockOf(move)], stop_reason: stopOf(move) }
    if (!stream) return { type: 'application/json', body: JSON.stringify(whole) }
    const delta = 'call' in move ? input(move.call.input) : { type: 'text_delta', text: move.words }
    return events(
      [
        { type: 'message_start', message: { ...EMPTY, model } },
        { type: 'content_block_start', index: 0, content_block: blockOf(move, { isEmpty: true }) },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: stopOf(move) }, usage: { output_tokens: 1 } },
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
const stopOf = (move: Move) => ('call' in move ? 'tool_use' : 'end_turn')

function blockOf(move: Move, { isEmpty = false } = {}): object {
  if (!('call' in move)) return { type: 'text', text: isEmpty ? '' : move.words }
  return { type: 'tool_use', ...move.call, input: isEmpty ? {} : move.call.input }
}

function textOf(content: Block['content']): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')
}
