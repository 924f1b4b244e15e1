import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { toNodeHandler } from '@modelcontextprotocol/node'
import { type AuthInfo, createMcpHandler, type McpHttpHandler, McpServer } from '@modelcontextprotocol/server'
import { operationsOn } from '#domain/operations'
import { SCOPES } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import type { Authorized } from '../src/mcp/transport/request.ts'
import { mcpServer } from '../src/mcp/transport/server.ts'
import type { Context } from '../src/mcp/call/tool.ts'
import { tools } from '../src/mcp/tools/index.ts'
import {
  aMcpDoor,
  CLIENT_ID,
  type McpDoor,
  modern,
  noLimits,
  older,
  PUBLIC_URL,
  send,
} from '../test/support/mcp.ts'
import { inputFor } from '../test/support/tool-inputs.ts'
import type { Asked } from './load.ts'

const log = openLogger({ level: 'silent' })
const limits = noLimits()
const CALL = modern('tools/call', { name: 'whoami', arguments: {} })
const LIST = modern('tools/list')

/** All our tools, of which the one that is called answers without a look at the database. */
const offered = tools.map((tool) =>
  tool.name === 'whoami'
    ? {
        ...tool,
        run: async () => ({
          customer: { id: '1', name: 'Ann', email: '' },
          connection: { id: '1', client: 'A client', scopes: [], since: '' },
        }),
      }
    : tool,
)

/** Our endpoint; and, without token or database, our server beside the SDK's as its manual has it. */
export async function mcpDoors(db: Db, token: string) {
  const at = new Date()
  const door = await aMcpDoor({ db, log, limits })
  const whole = {
    db,
    operations: operationsOn({ db, startOrJoinRun: async () => false, cancelRun: async () => false }),
    secrets: openSecrets({ key: Buffer.alloc(32).toString('base64') }),
    publicUrl: PUBLIC_URL,
    now: () => at,
    log,
    version: '0.0.0',
    limits,
    closing: new AbortController().signal,
  }
  const ours = await listening(mcpServer(whole, offered))
  const plain = await listening(plainServer())
  return {
    asked: {
      mcpCall: askedOf(door.url.href, CALL, token),
      mcpList: askedOf(door.url.href, LIST, token),
      ourCall: askedOf(ours.url, CALL),
      ourList: askedOf(ours.url, LIST),
      plainCall: askedOf(plain.url, CALL),
      plainList: askedOf(plain.url, LIST),
    },
    detailedToConcise: () => detailedToConcise(door, token),
    async close() {
      await door.close()
      for (const { server } of [ours, plain]) server.close()
    },
  }
}

/** A new server for each request, with every tool and nothing remembered. */
function plainServer() {
  return createMcpHandler(() => {
    const server = new McpServer({ name: 'plain', version: '1.0.0' }, { capabilities: { tools: {} } })
    for (const { name, title, description, input, output, run } of offered)
      server.registerTool(
        name,
        { title, description, inputSchema: input, outputSchema: output },
        async (given) => {
          const result = await run(given, {} as Context as never)
          return { content: [{ type: 'text', text: JSON.stringify(result) }], structuredContent: result }
        },
      )
    return server
  })
}

/** As behind the token check: somebody with an org of their own and all scopes. */
async function listening(handler: McpHttpHandler): Promise<{ url: string; server: Server }> {
  const handle = toNodeHandler(handler)
  const id = <Prefix extends string>(prefix: Prefix) => mintId(prefix, new Date(), Math.random)
  const org = { id: id('org'), slug: 'acme', name: 'Acme', role: 'owner' } as const
  const caller = { customer: id('cst'), connection: id('con'), scopes: SCOPES }
  const authorized = { caller, clientId: CLIENT_ID, activeOrg: org, orgs: [org], requestId: 'req_1' }
  const server = createServer((request, response) => {
    void answer(request).then(({ incoming, body }) => handle(incoming, response, body))
  })
  async function answer(request: IncomingMessage) {
    const body = await json(request)
    const extra = { authorized: { ...authorized, body } as unknown as Authorized }
    const auth = { token: '', clientId: CLIENT_ID, scopes: [...SCOPES], extra } as AuthInfo
    return { incoming: Object.assign(request, { auth }), body }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server }
}

const askedOf = (url: string, { body, headers }: ReturnType<typeof modern>, token = ''): Asked => ({
  url,
  method: 'POST',
  headers: {
    ...(headers as Record<string, string>),
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
  },
  body: JSON.stringify(body),
})

/** In characters, over the lists and reads that find something by themselves, and a package. */
async function detailedToConcise(door: McpDoor, token: string): Promise<number> {
  const sizes = { concise: 0, detailed: 0 }
  for (const { name, input } of tools.filter((tool) => 'response_format' in tool.input.shape))
    for (const format of ['concise', 'detailed'] as const) {
      const given = {
        ...inputFor(name),
        ...('package' in input.shape && { package: 'northwind/module-search' }),
      }
      const call = older('tools/call', { name, arguments: { ...given, response_format: format } })
      const { result } = (await send(door, { token, ...call })).rpc()
      if (!result?.isError) sizes[format] += JSON.stringify(result?.structuredContent).length
    }
  return sizes.detailed / sizes.concise
}
