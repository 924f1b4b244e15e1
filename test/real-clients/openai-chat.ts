import { type Dialect, events } from './model.ts'

interface ChatRequest {
  model: string
  stream?: boolean
  tools?: { function: { name: string } }[]
  messages: { role: string; tool_call_id?: string; content: string | { text?: string }[] }[]
}

/** The chat completions of OpenAI, which other providers support too. */
export const openaiChat: Dialect = {
  parse({ path, body }) {
    if (!path.endsWith('/chat/completions')) return undefined
    const { tools = [], messages } = body as ChatRequest
    const results = messages.filter(({ role }) => role === 'tool')
    return {
      offered: tools.map(({ function: { name } }) => name),
      results: results.map(({ tool_call_id: id = '', content }) => ({ id, text: textOf(content) })),
    }
  },

  format(reply, { body }) {
    const { model, stream } = body as ChatRequest
    const about = { id: 'chatcmpl-stub', created: 0, model }
    const message = {
      role: 'assistant',
      ...('call' in reply ? callsOf(reply.call) : { content: reply.text }),
    }
    const finish_reason = 'call' in reply ? 'tool_calls' : 'stop'
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 }
    if (!stream) {
      const choices = [{ index: 0, message, finish_reason }]
      const whole = { ...about, object: 'chat.completion', choices, usage }
      return { type: 'application/json', body: JSON.stringify(whole) }
    }
    const chunk = { ...about, object: 'chat.completion.chunk' }
    return events([
      { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] },
      { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }], usage },
    ])
  },
}

function callsOf({ id, name, input }: { id: string; name: string; input: object }) {
  const tool = { name, arguments: JSON.stringify(input) }
  return { content: null, tool_calls: [{ index: 0, id, type: 'function', function: tool }] }
}

function textOf(content: ChatRequest['messages'][number]['content']): string {
  return typeof content === 'string' ? content : content.map(({ text = '' }) => text).join('')
}
