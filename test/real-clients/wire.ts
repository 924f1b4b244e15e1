import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** How a client got its access: by OAuth, known by registration or by its document, or with a token that it was given. */
export type SignIn = 'oauth, registered' | 'oauth, by document' | 'token'

/** The traffic of one client at our endpoints. */
export interface Recording {
  /** The protocol versions of its tool calls, or of its handshake when a call does not state one. */
  protocols: () => string[]
  /** The HTTP and JSON-RPC methods at the MCP endpoint, each once, in the order of their first use. */
  methods: () => string[]
  signIn: () => SignIn
}

interface Handshake {
  protocolVersion?: string
}

interface Seen {
  method: string
  headers: IncomingHttpHeaders
  body: string
}

function aRecorder() {
  const protocols = new Set<string>()
  const methods = new Set<string>()
  let handshakeVersion = 'none'
  let signIn: SignIn = 'token'
  return {
    /** A request to the MCP endpoint. */
    call({ method, headers, body }: Seen): void {
      if (method !== 'POST') return void methods.add(method)
      if (!body) return
      const { method: name, params } = JSON.parse(body) as { method?: string; params?: Handshake }
      if (name) methods.add(name)
      if (name === 'initialize') handshakeVersion = `${params?.protocolVersion}, without a header`
      if (name === 'tools/call') protocols.add(String(headers['mcp-protocol-version'] ?? handshakeVersion))
    },
    /** A request to the token endpoint that succeeded. */
    exchange({ body }: Seen): void {
      const sent = new URLSearchParams(body)
      if (sent.get('grant_type') !== 'authorization_code') return
      signIn = sent.get('client_id')?.startsWith('https://') ? 'oauth, by document' : 'oauth, registered'
    },
    protocols: () => [...protocols],
    methods: () => [...methods],
    signIn: () => signIn,
  }
}

/**
 * A proxy before the whole site, so that the address of the MCP endpoint is also that of its issuer. It records what a
 * client does, and marks the texts of results.
 */
export async function aWire(site: string) {
  let recorder = aRecorder()
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await buffer(incoming)
      const { method = 'GET', headers, url = '/' } = incoming
      const seen: Seen = { method, headers, body: body.toString() }
      const { pathname } = new URL(url, site)
      const isMcp = pathname === '/mcp'
      if (isMcp) recorder.call(seen)
      const upstream = request(new URL(url, site), { method, headers })
      upstream.on('response', (reply) => {
        if (pathname === '/oauth/token' && reply.statusCode === 200) recorder.exchange(seen)
        const { 'content-length': length, ...kept } = reply.headers
        response.writeHead(
          reply.statusCode ?? 502,
          isMcp ? kept : { ...kept, ...(length && { 'content-length': length }) },
        )
        response.flushHeaders()
        if (isMcp) reply.setEncoding('utf8').pipe(marking()).pipe(response)
        else reply.pipe(response)
      })
      upstream.on('error', () => response.destroy())
      response.on('close', () => upstream.destroy())
      upstream.end(body)
    })().catch(() => response.destroy())
  })
  return {
    url: await listening(server),
    /** Begins the recording of another client. */
    record: (): Recording => (recorder = aRecorder()),
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

export type Wire = Awaited<ReturnType<typeof aWire>>

/**
 * Recognizes the marked text of a result. The mark is a space, which the same JSON in `structuredContent`
 * does not have.
 */
export const isText = (shown: string): boolean => shown.startsWith('{ ')
const marked = (line: string): string => line.replaceAll('"text":"{', '"text":"{ ')

/** Marks line by line, so that each event is passed on when it arrives. */
function marking(): Transform {
  let rest = ''
  return new Transform({
    decodeStrings: false,
    transform(chunk: string, _, done) {
      const all = rest + chunk
      const end = all.lastIndexOf('\n') + 1
      rest = all.slice(end)
      done(null, marked(all.slice(0, end)))
    },
    flush: (done) => done(null, marked(rest)),
  })
}

/** The proxy to other hosts for a client. It refuses every request and records the host. */
export async function aBlockingProxy() {
  const requested = new Set<string>()
  const server = createServer((incoming, response) => {
    requested.add(incoming.url ?? '')
    response.writeHead(403).end()
  })
  server.on('connect', ({ url }, socket) => {
    requested.add(url ?? '')
    socket.on('error', () => socket.destroy()) // the client may close the connection after the refusal
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  return {
    url: await listening(server),
    requested: () => [...requested],
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

export async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
