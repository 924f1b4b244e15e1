import { type Dialect, events } from './model.ts'

interface Part {
  functionResponse?: { id: string; response: { output?: string; error?: string } }
}
interface ContentRequest {
  contents: { parts?: Part[] }[]
  tools?: { functionDeclarations?: { name: string }[] }[]
}

/** Gemini's `generateContent`, streamed or not. */
export const geminiContent: Dialect = {
  heard({ path, body }) {
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

  said(move, { path }) {
    const part = 'call' in move ? { functionCall: callOf(move.call) } : { text: move.words }
    const answer = {
      candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    }
    if (path.includes(':streamGenerateContent')) return events([answer])
    return { type: 'application/json', body: JSON.stringify(answer) }
  },

  otherwise: ({ path }) => (path.includes(':countTokens') ? { totalTokens: 1 } : undefined),
}

const callOf = ({ id, name, input }: { id: string; name: string; input: object }) => ({
  id,
  name,
  args: input,
})
