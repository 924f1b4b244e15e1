import type { Buyer } from './buyers.ts'

/** What a tool answered: an operation, or a refusal. */
export interface Answer {
  isError?: boolean
  operation_id?: string
  status?: string
  quote?: string
  next_action?: { url?: string }
  error?: { code?: string }
}

/** Calls a tool over HTTP, without a session. Throws when there is no answer. */
export async function callTool(
  publicUrl: string,
  { token }: Buyer,
  [name, input]: [tool: string, input: object],
): Promise<Answer> {
  const response = await fetch(`${publicUrl}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name, arguments: input },
    }),
    signal: AbortSignal.timeout(60_000),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${name} answered ${response.status}`)
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
  const { result } = JSON.parse(data) as { result?: Called }
  if (!result) throw new Error(`${name} answered ${data.slice(0, 200)}`)
  const { structuredContent, content, isError = false } = result
  return { isError, ...(structuredContent ?? (JSON.parse(content.at(-1)?.text ?? '{}') as Answer)) }
}

interface Called {
  isError?: boolean
  structuredContent?: Answer
  content: { text: string }[]
}
