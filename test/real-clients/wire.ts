import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** What went over the wire between a client and our endpoint. */
export interface Wire {
  mcp: string
  /** Protocol versions of its tool calls; a client older than the header sends none. */
  protocols: () => string[]
  /** HTTP methods and JSON-RPC methods, each once, in the order of their first use. */
  methods: () => string[]
  close: () => void
}

/** Stands before the endpoint, passes all on as it came, and keeps what tells one client from another. */
export async function aWire(endpoint: string): Promise<Wire> {
  const protocols = new Set<string>()
  const methods = new Set<string>()
  const server = createServer((asked, answer) => {
    void (async () => {
      const body = await buffer(asked)
      note(asked.method ?? '', asked.headers, body.toString())
      const { method = 'GET', headers } = asked
      const on = request(endpoint, { method, headers })
      on.on('response', (came) => {
        answer.writeHead(came.statusCode ?? 502, came.headers)
        answer.flushHeaders()
        came.pipe(answer)
      })
      on.on('error', () => answer.destroy())
      answer.on('close', () => on.destroy())
      on.end(body)
    })().catch(() => answer.destroy())
  })
  function note(method: string, headers: IncomingHttpHeaders, body: string): void {
    if (method !== 'POST') return void methods.add(method)
    const { method: name } = JSON.parse(body) as { method?: string }
    if (name) methods.add(name)
    if (name === 'tools/call') protocols.add(String(headers['mcp-protocol-version'] ?? 'none'))
  }
  return {
    mcp: await listening(server, '/mcp'),
    protocols: () => [...protocols],
    methods: () => [...methods],
    close: () => void (server.closeAllConnections(), server.close()),
  }
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
