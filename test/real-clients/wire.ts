import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** The traffic between a client and our endpoint. */
export interface Wire {
  mcp: string
  /** The protocol versions of its tool calls, or of its handshake when a call does not state one. */
  protocols: () => string[]
  /** The HTTP and JSON-RPC methods, each once, in the order of their first use. */
  methods: () => string[]
  close: () => void
}

interface Handshake {
  protocolVersion?: string
}

/**
 * A proxy before our endpoint. It records the methods and versions of a client, and marks the texts of
 * results.
 */
export async function aWire(endpoint: string): Promise<Wire> {
  const protocols = new Set<string>()
  const methods = new Set<string>()
  let handshakeVersion = 'none'
  const server = createServer((incoming, response) => {
    void (async () => {
      const body = await buffer(incoming)
      record(incoming.method ?? '', incoming.headers, body.toString())
      const { method = 'GET', headers } = incoming
      const upstream = request(endpoint, { method, headers })
      upstream.on('response', (reply) => {
        const { 'content-length': _, ...kept } = reply.headers
        response.writeHead(reply.statusCode ?? 502, kept)
        response.flushHeaders()
        reply.setEncoding('utf8').pipe(marking()).pipe(response)
      })
      upstream.on('error', () => response.destroy())
      response.on('close', () => upstream.destroy())
      upstream.end(body)
    })().catch(() => response.destroy())
  })
  function record(method: string, headers: IncomingHttpHeaders, body: string): void {
    if (method !== 'POST') return void methods.add(method)
    const { method: name, params } = JSON.parse(body) as { method?: string; params?: Handshake }
    if (name) methods.add(name)
    if (name === 'initialize') handshakeVersion = `${params?.protocolVersion}, without a header`
    if (name === 'tools/call') protocols.add(String(headers['mcp-protocol-version'] ?? handshakeVersion))
  }
  return {
    mcp: await listening(server, '/mcp'),
    protocols: () => [...protocols],
    methods: () => [...methods],
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

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

export async function listening(server: ReturnType<typeof createServer>, path = ''): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}
