import {
  Client as ModernClient,
  type OAuthDiscoveryState,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { type Called, IDENTITY, MODERN } from './mcp-clients.ts'

/** Opens a URL in a browser. Returns where the browser went at last, which is the client's redirect URI. */
export type OpenBrowser = (url: string) => Promise<URL>

export interface Memory {
  client?: { client_id: string }
  tokens?: { access_token: string; refresh_token?: string; scope?: string; token_type: string }
  verifier: string
  discovery?: OAuthDiscoveryState
  /** Every URL that the client wanted to open in a browser. */
  opened: URL[]
}

/** The values that an application stores for the OAuth implementation of its SDK. */
function provider(memory: Memory, metadataUrl?: string) {
  return {
    redirectUrl: 'http://127.0.0.1:45678/callback',
    ...(metadataUrl && { clientMetadataUrl: metadataUrl }),
    clientMetadata: { client_name: 'An SDK', redirect_uris: ['http://127.0.0.1:45678/callback'] },
    clientInformation: () => memory.client,
    saveClientInformation(client: { client_id: string }) {
      memory.client = client
    },
    tokens: () => memory.tokens,
    saveTokens(tokens: NonNullable<Memory['tokens']>) {
      memory.tokens = tokens
    },
    redirectToAuthorization(url: URL) {
      memory.opened.push(url)
    },
    saveCodeVerifier(verifier: string) {
      memory.verifier = verifier
    },
    codeVerifier: () => memory.verifier,
    state: () => 'a-state',
    /** The SDK asks to forget what the server refused, so that it can begin anew. */
    invalidateCredentials(what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery') {
      if (what === 'all' || what === 'tokens') delete memory.tokens
      if (what === 'all' || what === 'client') delete memory.client
      if (what === 'all' || what === 'discovery') delete memory.discovery
    },
    saveDiscoveryState(discovery: OAuthDiscoveryState) {
      memory.discovery = discovery
    },
    discoveryState: () => memory.discovery,
  }
}

export interface SdkClient {
  memory: Memory
  call: (name: string, input?: Record<string, unknown>) => Promise<Called>
  close: () => Promise<void>
}

export interface SdkWanted {
  open: OpenBrowser
  metadataUrl?: string
}

/** Runs the OAuth implementation of the first SDK: 401, registration, browser, code, token, then connects. */
export async function aFirstSdk(url: URL, { open }: SdkWanted): Promise<SdkClient> {
  const memory: Memory = { verifier: '', opened: [] }
  const authProvider = provider(memory)
  const connect = async () => {
    const client = new FirstClient(IDENTITY)
    const transport = new FirstTransport(url, { authProvider })
    return { client, transport, connected: client.connect(transport as Transport) }
  }
  const first = await connect()
  await first.connected.then(refusedFirst, () => undefined)
  const code = (await open(lastOf(memory))).searchParams.get('code') ?? ''
  await first.transport.finishAuth(code)
  const { client, connected } = await connect()
  await connected
  return {
    memory,
    call: (name, input = {}) => client.callTool({ name, arguments: input }) as Promise<Called>,
    close: () => client.close(),
  }
}

/** The same for the second SDK, which also checks `iss`. It may ask for more scopes at a later call. */
export async function aModernSdk(url: URL, { open, metadataUrl }: SdkWanted): Promise<SdkClient> {
  const memory: Memory = { verifier: '', opened: [] }
  const authProvider = provider(memory, metadataUrl)
  const connect = () => {
    const client = new ModernClient(IDENTITY, {
      versionNegotiation: { mode: { pin: MODERN } },
      supportedProtocolVersions: [MODERN],
    })
    const transport = new ModernTransport(url, { authProvider })
    return { client, transport, connected: client.connect(transport) }
  }
  const first = connect()
  await first.connected.then(refusedFirst, () => undefined)
  await first.transport.finishAuth((await open(lastOf(memory))).searchParams)
  let live = connect()
  await live.connected
  const call = (name: string, input: Record<string, unknown>) =>
    live.client.callTool({ name, arguments: input }) as Promise<Called>
  return {
    memory,
    async call(name, input = {}) {
      const before = memory.opened.length
      try {
        return await call(name, input)
      } catch (error) {
        if (memory.opened.length === before) throw error
        // the SDK wants more scopes: the application opens the browser, then tries again
        await live.transport.finishAuth((await open(lastOf(memory))).searchParams)
        await live.client.close()
        live = connect()
        await live.connected
        return call(name, input)
      }
    },
    close: () => live.client.close(),
  }
}

const refusedFirst = () => {
  throw new Error('the server asked for no token')
}

function lastOf({ opened }: Memory): string {
  const last = opened.at(-1)
  if (!last) throw new Error('the client opened no browser')
  return last.href
}
