import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { firstValidator, modernValidator } from './mcp-validators.ts'

/** Where an MCP server listens. */
export interface Endpoint {
  url: URL
}

/** The fields of a tool result that tests read, the same for both clients. */
export interface Called {
  content: { type: string; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

/** Options of a call that both clients support. */
export interface CallOptions {
  onprogress?: (notification: { progress: number; message?: string | undefined }) => void
}

export interface McpClient {
  /** The protocol version that client and server agreed on. */
  protocol: string | undefined
  listTools: () => Promise<{ tools: { name: string }[] }>
  call: (name: string, input?: Record<string, unknown>, options?: CallOptions) => Promise<Called>
  close: () => Promise<void>
}

/** The first protocol version without a handshake. Older versions have a handshake. */
export const MODERN = '2026-07-28'
export const OLDER = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const

export const IDENTITY = { name: 'a-test-client', version: '1.0.0' }
const authorizedBy = (token: string) => ({ requestInit: { headers: { authorization: `Bearer ${token}` } } })

/** A client of the first SDK. It always asks for 2025-11-25; `version` changes the request to an older version. */
export async function aFirstClient(
  { url }: Endpoint,
  token: string,
  { version }: { version?: string } = {},
): Promise<McpClient> {
  const client = new FirstClient(IDENTITY, { jsonSchemaValidator: firstValidator })
  const transport = new FirstTransport(url, authorizedBy(token))
  if (version) {
    const send = transport.send.bind(transport)
    transport.send = (message, options) => send(withVersion(message, version) as typeof message, options)
  }
  await client.connect(transport as Transport)
  return {
    protocol: transport.protocolVersion,
    listTools: () => client.listTools(),
    call: (name, input = {}, options = {}) =>
      client.callTool({ name, arguments: input }, undefined, options) as Promise<Called>,
    close: () => client.close(),
  }
}

function withVersion(message: object, protocolVersion: string): object {
  const { method, params } = message as { method?: string; params?: object }
  return method === 'initialize' ? { ...message, params: { ...params, protocolVersion } } : message
}

/** Shows a URL to a person; returns what the person decides. */
export type OnUrl = (shown: { url: string; message: string }) => Promise<'accept' | 'decline' | 'cancel'>

/** A client of the second SDK, by default with protocol 2026-07-28; with `onUrl` it declares that it can open URLs. */
export async function aModernClient(
  { url }: Endpoint,
  token: string,
  { onUrl, version = MODERN }: { onUrl?: OnUrl; version?: string } = {},
): Promise<McpClient> {
  const client = new ModernClient(IDENTITY, {
    versionNegotiation: { mode: version === MODERN ? { pin: version } : 'legacy' },
    supportedProtocolVersions: [version],
    jsonSchemaValidator: modernValidator,
    ...(onUrl && { capabilities: { elicitation: { url: {} } } }),
  })
  if (onUrl)
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      if (params.mode !== 'url') throw new Error('the server asked for a form')
      return { action: await onUrl(params) }
    })
  await client.connect(new ModernTransport(url, authorizedBy(token)))
  return {
    protocol: client.getNegotiatedProtocolVersion(),
    listTools: () => client.listTools(),
    call: (name, input = {}, options = {}) =>
      client.callTool({ name, arguments: input }, options) as Promise<Called>,
    close: () => client.close(),
  }
}

/** Both clients, for tests that run with each of them. */
export const CLIENTS = [
  ['the first SDK', aFirstClient],
  ['the second SDK', aModernClient],
] as const

/** The error of a refusal, which has two texts: first the message, then the whole error as JSON. */
export function errorIn({ content, structuredContent, isError }: Called): Record<string, unknown> {
  const [message, json] = content
  if (!isError || structuredContent || content.length !== 2 || !json)
    throw new Error(`not a refusal: ${JSON.stringify({ content, structuredContent, isError })}`)
  const { error } = JSON.parse(json.text) as { error: Record<string, unknown> }
  if (message?.text !== error.message) throw new Error(`the first text is not the message: ${message?.text}`)
  return error
}
