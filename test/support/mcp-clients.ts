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
  listTools: () => Promise<{ tools: { name: string; _meta?: Record<string, unknown> | undefined }[] }>
  call: (name: string, input?: Record<string, unknown>, options?: CallOptions) => Promise<Called>
  /** The requests that are not about tools. Their results are the same for both clients. */
  prompts: () => Promise<Listed>
  prompt: (name: string, args?: Record<string, string>) => Promise<string>
  complete: (typed: Typed) => Promise<string[]>
  resources: () => Promise<{ uri: string; mimeType?: string | undefined }[]>
  resource: (uri: string) => Promise<{ text?: string; mimeType?: string; _meta?: Record<string, unknown> }>
  close: () => Promise<void>
}

type Listed = { name: string; arguments?: { name: string; required?: boolean | undefined }[] | undefined }[]

/** An argument of a prompt that a person is typing. */
export interface Typed {
  prompt: string
  argument: string
  value: string
  /** The arguments that are filled in already. */
  filled?: Record<string, string>
}

/** What both SDKs have in common, besides tools. */
interface Asking {
  listPrompts: () => Promise<{ prompts: Listed }>
  getPrompt: (sent: { name: string; arguments: Record<string, string> }) => Promise<{ messages: object[] }>
  complete: (sent: {
    ref: { type: 'ref/prompt'; name: string }
    argument: { name: string; value: string }
    context?: { arguments: Record<string, string> }
  }) => Promise<{ completion: { values: string[] } }>
  listResources: () => Promise<{ resources: { uri: string; mimeType?: string | undefined }[] }>
  readResource: (sent: { uri: string }) => Promise<{ contents: object[] }>
}

const asking = (client: Asking) => ({
  prompts: async () => (await client.listPrompts()).prompts,
  async prompt(name: string, args: Record<string, string> = {}) {
    const { messages } = await client.getPrompt({ name, arguments: args })
    const [{ content }] = messages as [{ content: { text: string } }]
    return content.text
  },
  async complete({ prompt, argument: name, value, filled }: Typed) {
    const ref = { type: 'ref/prompt', name: prompt } as const
    const context = filled && { arguments: filled }
    const { completion } = await client.complete({
      ref,
      argument: { name, value },
      ...(context && { context }),
    })
    return completion.values
  },
  resources: async () => (await client.listResources()).resources,
  async resource(uri: string) {
    const [content] = (await client.readResource({ uri })).contents
    return content as Awaited<ReturnType<McpClient['resource']>>
  },
})

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
    ...asking(client),
    close: () => client.close(),
  }
}

function withVersion(message: object, protocolVersion: string): object {
  const { method, params } = message as { method?: string; params?: object }
  return method === 'initialize' ? { ...message, params: { ...params, protocolVersion } } : message
}

/** Shows a URL to a person; returns what the person decides. */
export type OnUrl = (shown: { url: string; message: string }) => Promise<'accept' | 'decline' | 'cancel'>

/** What a host declares that shows views. */
export const SHOWS_VIEWS = { 'io.modelcontextprotocol/ui': { mimeTypes: ['text/html;profile=mcp-app'] } }

/**
 * A client of the second SDK, by default with protocol 2026-07-28; with `onUrl` it declares that it can open URLs, with
 * `showsViews` that it shows views.
 */
export async function aModernClient(
  { url }: Endpoint,
  token: string,
  { onUrl, showsViews, version = MODERN }: { onUrl?: OnUrl; showsViews?: true; version?: string } = {},
): Promise<McpClient> {
  const client = new ModernClient(IDENTITY, {
    versionNegotiation: { mode: version === MODERN ? { pin: version } : 'legacy' },
    supportedProtocolVersions: [version],
    jsonSchemaValidator: modernValidator,
    capabilities: {
      ...(onUrl && { elicitation: { url: {} } }),
      ...(showsViews && { extensions: SHOWS_VIEWS }),
    },
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
    ...asking(client),
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
