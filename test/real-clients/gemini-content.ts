import { type Dialect, events } from './model.ts'

interface Part {
  functionResponse?: { id: string; response: { output?: string; error?: string } }
}
interface ContentRequest {
  contents: { parts?: Part[] }[]
  tools?: { functionDeclarations?: { name: string }[] }[]
}

/** The method `generateContent` of Gemini, streamed or not. */
export const geminiContent: Dialect = {
  parse({ path, body }) {
    if (!/:(streamG|g)enerateContent/.test(path)) return undefined
    const { tools = [], contents } = body as ContentRequest
    const results = contents.flatMap(({ parts = [] }) =>
      parts.flatMap(({ functionResponse }) => (functionResponse ? [functionResponse] : [])),
    )
    return {
      offered: tools.flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => name)),
      results: results.map(({ id, response: { output, error = '' } }) => ({ id, text: output ?? error })),
    }
  },

  format(reply, { path }) {
    const part = 'call' in reply ? { functionCall: callOf(reply.call) } : { text: reply.text }
    const response = {
      candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    }
    if (path.includes(':streamGenerateContent')) return events([response])
    return { type: 'application/json', body: JSON.stringify(response) }
  },

  otherwise: ({ path }) => (path.includes(':countTokens') ? { totalTokens: 1 } : undefined),
}

const callOf = ({ id, name, input }: { id: string; name: string; input: object }) => ({
  id,
  name,
  args: input,
})
