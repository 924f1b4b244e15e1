import { type Dialect, events } from './model.ts'

interface Item {
  type: string
  call_id: string
  output: string | { text?: string }[]
}
interface Tool {
  type: string
  /** Tools of the provider have none. */
  name?: string
  /** Of a namespace. */
  tools?: Tool[]
}
interface ResponsesRequest {
  model: string
  tools?: Tool[]
  input: Item[]
}

/** OpenAI's Responses, streamed. */
export const openaiResponses: Dialect = {
  heard({ path, body }) {
    if (!path.endsWith('/responses')) return undefined
    const { tools = [], input } = body as ResponsesRequest
    const results = input.filter(({ type }) => type === 'function_call_output')
    return {
      offered: tools.flatMap(namesOf),
      results: results.map(({ call_id: id, output }) => ({ id, text: textOf(output) })),
    }
  },

  said(move) {
    const item =
      'call' in move
        ? {
            type: 'function_call',
            call_id: move.call.id,
            ...inNamespace(move.call.name),
            arguments: JSON.stringify(move.call.input),
          }
        : { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: move.words }] }
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

/** Tools of an MCP server are one tool here: a namespace. We write both names as one. */
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
