import type { ConnectionId, OperationId } from '#kernel/ids'
import { older, send } from './mcp.ts'

/** What a tool returned: the handle of an operation, or a refusal. */
export interface ToolResponse {
  isError: boolean
  status?: string
  operation_id: OperationId
  replayed?: boolean
  next_action?: { url?: string; expires_at?: string }
  result: Record<string, unknown>
  error: { code: string; message: string; next_step: string }
}

/** An assistant that somebody connected. */
export interface Assistant {
  connection: ConnectionId
  token: string
  /** One call of a tool over HTTP. */
  call: (tool: string, input: Record<string, unknown>) => Promise<ToolResponse>
  /** Starts a purchase and polls it while it is running. */
  buys: (input: Record<string, unknown>) => Promise<ToolResponse>
}

export function anAssistant(
  door: { url: URL; alignClocks: () => Promise<void> },
  connection: ConnectionId,
  token: string,
): Assistant {
  async function call(tool: string, input: Record<string, unknown>): Promise<ToolResponse> {
    await door.alignClocks()
    const answer = await send(door, { token, ...older('tools/call', { name: tool, arguments: input }) })
    const { content, structuredContent, isError = false } = answer.rpc().result as unknown as Called
    return { isError, ...(structuredContent ?? JSON.parse(content.at(-1)?.text ?? '')) } as ToolResponse
  }
  async function buys(input: Record<string, unknown>): Promise<ToolResponse> {
    let operation = await call('purchase_and_install_package', input)
    while (operation.status === 'running')
      operation = await call('get_operation', { operation_id: operation.operation_id, wait_ms: 5_000 })
    return operation
  }
  return { connection, token, call, buys }
}

interface Called {
  content: { text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}
