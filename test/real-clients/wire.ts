import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'

/** What went over the wire between a client and our endpoint. */
export interface Wire {
  mcp: string
  /** Protocol versions of its tool calls, and of its handshake when a call does not say. */
  protocols: () => string[]
  /** HTTP methods and JSON-RPC methods, each once, in the order of their first use. */
  methods: () => string[]
  close: () => void
}

interface Handshake {
  protocolVersion?: string
}

/** Stands before the endpoint, passes all on, and keeps what tells one client from another. Texts of results get a mark. */
export async function aWire(endpoint: string): Promise<Wire> {
  const protocols = new Set<string>()
  const methods = new Set<string>()
  let atTheHandshake = 'none'
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await buffer(asked)
      note(asked.method ?? '', asked.headers, body.toString())
      const { method = 'GET', headers } = asked
      const on = request(endpoint, { method, headers })
      on.on('response', (came) => {
        const { 'content-length': _, ...kept } = came.headers
        answer.writeHead(came.statusCode ?? 502, kept)
        answer.flushHeaders()
        came.setEncoding('utf8').pipe(marking()).pipe(answer)
      })
      on.on('error', () => answer.destroy())
      answer.on('close', () => on.destroy())
      on.end(body)
    })().catch(() => answer.destroy())
  })
  function note(method: string, headers: IncomingHttpHeaders, body: string): void {
    if (method !== 'POST') return void methods.add(method)
    const { method: name, params } = JSON.parse(body) as { method?: string; params?: Handshake }
    if (name) methods.add(name)
    if (name === 'initialize') atTheHandshake = `${params?.protocolVersion}, without a header`
    if (name === 'tools/call') protocols.add(String(headers['mcp-protocol-version'] ?? atTheHandshake))
  }
  return {
    mcp: await listening(server, '/mcp'),
    protocols: () => [...protocols],
    methods: () => [...methods],
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

/** A space inside a result's text block, which `structuredContent` says in the same words without it. */
export const isText = (shown: string): boolean => shown.startsWith('{ ')
const marked = (line: string): string => line.replaceAll('"text":"{', '"text":"{ ')

/** Line by line, so that an event is passed on when it comes. */
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

/** The only way to other machines that a client is told of: it leads nowhere and keeps where they wanted to go. */
export async function noWayOut() {
  const wanted = new Set<string>()
  const server = createServer((asked, answer) => {
    wanted.add(asked.url ?? '')
    answer.writeHead(403).end()
  })
  server.on('connect', ({ url }, socket) => {
    wanted.add(url ?? '')
    socket.on('error', () => socket.destroy()) // it may hang up on a refusal
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
  })
  return {
    url: await listening(server),
    wanted: () => [...wanted],
    close: () => void (server.closeAllConnections(), server.close()),
  }
}

export async function listening(server: ReturnType<typeof createServer>, path = ''): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
}
