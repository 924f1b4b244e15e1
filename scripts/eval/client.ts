/** A tool as `tools/list` describes it. */
export interface ListedTool {
  name: string
  title?: string
  description?: string
  inputSchema: Schema
  annotations?: { readOnlyHint?: boolean; destructiveHint?: boolean }
}

export interface Schema {
  type?: string
  description?: string
  enum?: string[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
}

export interface Answer {
  isError: boolean
  /** The structured content, or the JSON of an error. */
  content: Record<string, unknown>
  bytes: number
}

export interface Client {
  list: () => Promise<{ tools: ListedTool[]; bytes: number }>
  call: (tool: string, input: object) => Promise<Answer>
}

/** A client without a session. `bytes` are those of the request and of the response. Throws when there is no answer. */
export function clientOf(publicUrl: string, token: string): Client {
  async function ask(method: string, params: object) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const response = await fetch(`${publicUrl}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
      },
      body,
      signal: AbortSignal.timeout(90_000),
    })
    const text = await response.text()
    const data = /^data: (.*)$/m.exec(text)?.[1] ?? text
    const { result } = JSON.parse(data) as { result?: Record<string, unknown> }
    if (!result) throw new Error(`${method} answered ${response.status}: ${data.slice(0, 200)}`)
    return { result, bytes: Buffer.byteLength(body) + Buffer.byteLength(data) }
  }
  return {
    async list() {
      const { result, bytes } = await ask('tools/list', {})
      return { tools: result.tools as ListedTool[], bytes }
    },
    async call(name, input) {
      const { result, bytes } = await ask('tools/call', { name, arguments: input })
      const { structuredContent, content, isError = false } = result as unknown as Called
      const last = content.at(-1)?.text ?? '{}'
      return {
        isError,
        content: structuredContent ?? (JSON.parse(last) as Record<string, unknown>),
        bytes,
      }
    },
  }
}

interface Called {
  isError?: boolean
  structuredContent?: Record<string, unknown>
  content: { text: string }[]
}
