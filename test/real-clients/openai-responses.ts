import { type Dialect, events } from './model.ts'

interface Item {
  type: string
  call_id: string
  output: string | { text?: string }[]
}
interface Tool {
  type: string
  /** The tools of the provider itself have no name. */
  name?: string
  /** Only a namespace has tools. */
  tools?: Tool[]
}
interface ResponsesRequest {
  model: string
  tools?: Tool[]
  input: Item[]
}

/** The Responses API of OpenAI, streamed. */
export const openaiResponses: Dialect = {
  parse({ path, body }) {
    if (!path.endsWith('/responses')) return undefined
    const { tools = [], input } = body as ResponsesRequest
    const results = input.filter(({ type }) => type === 'function_call_output')
    return {
      offered: tools.flatMap(namesOf),
      results: results.map(({ call_id: id, output }) => ({ id, text: textOf(output) })),
    }
  },

  format(reply) {
    const item =
      'call' in reply
        ? {
            type: 'function_call',
            call_id: reply.call.id,
            ...inNamespace(reply.call.name),
            arguments: JSON.stringify(reply.call.input),
          }
        : { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: reply.text }] }
    const response = { id: 'resp_stub', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } }
    return events(
      [
        { type: 'response.created', response: { id: response.id } },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response },
      ],
      { named: true },
    )
  },
}

/** All tools of an MCP server are one tool of the type namespace. We join both names into one. */
function namesOf({ type, name = '', tools = [] }: Tool): string[] {
  return type === 'namespace' ? tools.map((tool) => `${name}__${tool.name}`) : [name]
}

function inNamespace(whole: string) {
  const [, namespace, name = whole] = /^(.+)__(.+)$/.exec(whole) ?? []
  return { name, ...(namespace && { namespace }) }
}

function textOf(output: Item['output']): string {
  return typeof output === 'string' ? output : output.map(({ text = '' }) => text).join('')
}
