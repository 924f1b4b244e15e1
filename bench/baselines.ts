// The baselines of the benchmark: the least that a server has to do to send the same bytes as our doors.
import fs from 'node:fs'
import { createServer, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { type CallToolResult, createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import Fastify from 'fastify'
import pg from 'pg'
import { tools } from '../src/mcp/tools/index.ts'
import { serve } from './child.ts'
import { card, LISTED, type Row } from './plain-page.ts'

export interface Given {
  databaseUrl: string
  /** Bodies that are sent unchanged, by path, in base64. */
  bodies: Record<string, { headers: Record<string, string>; body: string }>
  zip: { path: string; file: string; version: string }
  page: { path: string; before: string; after: string }
  /** The result of each tool. */
  results: Record<string, CallToolResult>
}

await serve(async (given: Given): Promise<Server> => {
  const app = Fastify()
  const pool = new pg.Pool({ connectionString: given.databaseUrl, max: 10 })

  for (const [path, { headers, body }] of Object.entries(given.bodies)) {
    const bytes = Buffer.from(body, 'base64')
    app.get(path, async (_, reply) => reply.headers(headers).send(bytes))
  }

  const { zip, page } = given
  app.get(zip.path, async (_, reply) => {
    await pool.query({
      name: 'zip',
      text: 'select zip_sha256 from versions where id = $1',
      values: [zip.version],
    })
    return reply.type('application/zip').send(fs.createReadStream(zip.file))
  })

  app.get(page.path, async (_, reply) => {
    const { rows } = await pool.query<Row>({ name: 'page', text: LISTED, values: [] })
    return reply.type('text/html; charset=utf-8').send(page.before + rows.map(card).join('') + page.after)
  })

  await app.ready()
  const handleMcp = sdkAlone(given.results)
  return listening(
    createServer((request, response) => {
      if (request.url === '/mcp')
        void text(request).then((body) => handleMcp(request, response, JSON.parse(body)))
      else app.routing(request, response)
    }),
  )
})

/**
 * The SDK as its manual shows it: one server per request, with all tools. Our tools are registered and return given
 * results.
 */
function sdkAlone(results: Record<string, CallToolResult>) {
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'plain', version: '1.0.0' }, { capabilities: { tools: {} } })
    for (const { name, title, description, input, output } of tools)
      server.registerTool(
        name,
        { title, description, inputSchema: input, outputSchema: output },
        async () => results[name] ?? { content: [] },
      )
    return server
  })
  return toNodeHandler(handler)
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}
