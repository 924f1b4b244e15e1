import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'

/** Where an MCP server listens. */
export interface Endpoint {
  url: URL
}

/** What both clients answer a call with, as far as tests look. */
export interface Called {
  content: { type: string; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/** What both clients may say of a call. */
export interface Manner {
  onprogress?: (notice: { progress: number; message?: string | undefined }) => void
}

export interface McpClient {
  /** The protocol version that it speaks with this server. */
  protocol: string | undefined
  listTools: () => Promise<{ tools: { name: string }[] }>
  call: (name: string, input?: Record<string, unknown>, manner?: Manner) => Promise<Called>
  close: () => Promise<void>
}

/** The version without a handshake; the ones before it have one. */
export const MODERN = '2026-07-28'
export const OLDER = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const

export const IDENTITY = { name: 'a-test-client', version: '1.0.0' }
const bearing = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })

/** A client of the first SDK. It always asks for 2025-11-25 but knows the versions before; for one, the question is changed on its way out. */
export async function aFirstClient(
  { url }: Endpoint,
  token: string,
  { version }: { version?: string } = {},
): Promise<McpClient> {
  const client = new FirstClient(IDENTITY)
  const transport = new FirstTransport(url, bearing(token))
  if (version) {
    const send = transport.send.bind(transport)
    transport.send = (message, options) => send(asking(message, version) as typeof message, options)
  }
  await client.connect(transport as Transport)
  return {
    protocol: transport.protocolVersion,
    listTools: () => client.listTools(),
    call: (name, input = {}, manner = {}) =>
      client.callTool({ name, arguments: input }, undefined, manner) as Promise<Called>,
    close: () => client.close(),
  }
}

function asking(message: object, protocolVersion: string): object {
  const { method, params } = message as { method?: string; params?: object }
  return method === 'initialize' ? { ...message, params: { ...params, protocolVersion } } : message
}

/** A person at a client who is shown a URL, and what they answer. */
export type OnUrl = (shown: { url: string; message: string }) => Promise<'accept' | 'decline' | 'cancel'>

/** A client of its successor, which speaks 2026-07-28 unless told otherwise; with `onUrl` it declares that it opens URLs. */
export async function aModernClient(
  { url }: Endpoint,
  token: string,
  { onUrl, version = MODERN }: { onUrl?: OnUrl; version?: string } = {},
): Promise<McpClient> {
  const client = new ModernClient(IDENTITY, {
    versionNegotiation: { mode: version === MODERN ? { pin: version } : 'legacy' },
    supportedProtocolVersions: [version],
    ...(onUrl && { capabilities: { elicitation: { url: {} } } }),
  })
  if (onUrl)
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (params.mode !== 'url') throw new Error('nobody asks for a form')
      return { action: await onUrl(params) }
    })
  await client.connect(new ModernTransport(url, bearing(token)))
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    listTools: () => client.listTools(),
    call: (name, input = {}, manner = {}) =>
      client.callTool({ name, arguments: input }, manner) as Promise<Called>,
    close: () => client.close(),
  }
}

/** Each test that runs through both clients takes them from here. */
export const CLIENTS = [
  ['the first SDK', aFirstClient],
  ['its successor', aModernClient],
] as const

/** The error in a call's texts, which are all that a refusal has: its sentence, then the whole. */
export function errorIn({ content, structuredContent, isError }: Called): Record<string, unknown> {
  const [sentence, whole] = content
  if (!isError || structuredContent || content.length !== 2 || !whole)
    throw new Error(`no refusal: ${JSON.stringify({ content, structuredContent, isError })}`)
  const { error } = JSON.parse(whole.text) as { error: Record<string, unknown> }
  if (sentence?.text !== error.message) throw new Error(`it begins with something else: ${sentence?.text}`)
  return error
}
