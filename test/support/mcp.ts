import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import Fastify from 'fastify'
import { createConnection, mintAccessToken, type NewAccessToken } from '#domain/connections'
import { addCustomer } from '#domain/identity'
import type { Run } from '#contracts/ids'
import { type CancelRun, type FindObstacle, operationsOn, type StartOrJoinRun } from '#domain/operations'
import { addMember, addOrg, orgForCustomer, type Scope, SCOPES } from '#domain/orgs'
import { type CustomerId, mintId, type OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { type Logger, openLogger } from '#platform/logger'
import { logRequests } from '#platform/request-log'
import { openSecrets, type Secrets } from '#platform/secrets'
import type { OrgRole } from '../../src/platform/tables.ts'
import { mcpEndpoint, type McpOptions } from '../../src/mcp/transport/endpoint.ts'
import { counterOf } from '#platform/minute-counter'
import type { Pace } from '../../src/mcp/operations/wait.ts'
import type { Tool } from '../../src/mcp/call/tool.ts'
import { FAVICON } from '../../src/api/customer-area/style/mark.ts'
import { DARK, LIGHT } from '../../src/api/customer-area/style/tokens.ts'
import { IDENTITY } from './mcp-clients.ts'
import { aGit } from './git.ts'
import { NO_SPENDING_LIMITS } from './spending.ts'
import { noTemporal } from './no-temporal.ts'

export const PUBLIC_URL = 'http://127.0.0.1:3000'
export const CLIENT_ID = 'https://client.example/metadata.json'

export interface DoorOptions {
  db: Db
  /** Default: starts nothing. */
  startOrJoinRun?: StartOrJoinRun
  cancelRun?: CancelRun
  /** Default: nothing keeps operations from going on. */
  obstacle?: FindObstacle
  tools?: readonly Tool[]
  /** Default: new secrets. */
  secrets?: Secrets
  /** Default: one with `exampleHost`. */
  git?: McpOptions['git']
  /** Default: a logger whose lines `logged` returns. */
  log?: Logger
  publicUrl?: string
  allowedOrigins?: readonly string[]
  now?: () => Date
  pace?: Pace
  serve?: McpOptions['serve']
  limits?: McpOptions['limits']
  onRevocation?: McpOptions['onRevocation']
  checkStreamsEveryMs?: number
  /** Default: connections may spend what they want. */
  spending?: McpOptions['spending']
}

/** No rate limits, for tests that call often. */
export const noLimits = () => ({ calls: counterOf(Infinity), starts: counterOf(Infinity) })

/** Only the MCP endpoint, on a free port; `runs` are the runs that it asked to start. */
export interface McpDoor {
  db: Db
  url: URL
  secrets: Secrets
  runs: Run[]
  logged: () => string
  close: () => Promise<void>
}

export async function aMcpDoor({
  db,
  startOrJoinRun,
  cancelRun = async () => false,
  obstacle,
  publicUrl = PUBLIC_URL,
  secrets = openSecrets({ key: randomBytes(32).toString('base64') }),
  ...rest
}: DoorOptions): Promise<McpDoor> {
  const lines: string[] = []
  const runs: Run[] = []
  const log =
    rest.log ?? openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const operations = operationsOn({
    db,
    ...noTemporal,
    async startOrJoinRun(run, withinMs) {
      runs.push(run)
      return startOrJoinRun ? startOrJoinRun(run, withinMs) : false
    },
    cancelRun,
    ...(obstacle && { obstacle }),
  })
  const app = Fastify()
  logRequests(app, log)
  const options = {
    db,
    operations,
    secrets,
    publicUrl,
    version: '0.0.0',
    look: { light: { ...LIGHT }, dark: { ...DARK }, mark: FAVICON },
    now: () => new Date(),
    spending: NO_SPENDING_LIMITS,
    currencies: ['EUR', 'USD'],
    git: aGit({ db, secrets, publicUrl }),
    ...rest,
    log,
  }
  await app.register(mcpEndpoint, options)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const url = new URL(`http://127.0.0.1:${port}/mcp`)
  return { db, url, secrets, runs, logged: () => lines.join(''), close: () => app.close() }
}

export type Person = Awaited<ReturnType<typeof aPerson>>

/** A person with a new org, a connected client and its token. */
export async function aPerson(
  db: Db,
  {
    role = 'owner',
    name = 'Ann',
    ...more
  }: { role?: OrgRole; scopes?: readonly Scope[]; name?: string } = {},
) {
  const at = new Date()
  const customer = mintId('cst', at, Math.random)
  const email = `${customer.slice(4).toLowerCase()}@example.test`
  await addCustomer(db, { id: customer, email, displayName: name, at })
  const org = await anOrg(db)
  await addMember(db, { org: org.id, customer, role, at })
  return { customer, email, org, ...(await aConnection(db, { customer, activeOrg: org.id, ...more })) }
}

/** A connection of a person; `mint` makes access tokens, by default for our endpoint and one hour. */
export async function aConnection(
  db: Db,
  { scopes = SCOPES, ...of }: { customer: CustomerId; activeOrg: OrgId; scopes?: readonly Scope[] },
) {
  const at = new Date()
  const connection = mintId('con', at, Math.random)
  const client = { clientId: CLIENT_ID, clientName: 'A client' }
  await createConnection(db, { id: connection, ...client, ...of, scopes, at })
  const mint = (more: Partial<NewAccessToken> = {}) =>
    mintAccessToken(db, { connection, aud: `${PUBLIC_URL}/mcp`, ttl: 3600, at, ...more })
  return { connection, mint, token: await mint() }
}

export async function anOrg(db: Db, name = 'Acme') {
  const at = new Date()
  const id = mintId('org', at, Math.random)
  const slug = `acme-${id.slice(4).toLowerCase()}`
  await addOrg(db, { id, slug, name, at })
  return { id, slug, name }
}

/** Makes another org that the person joins in this role. */
export async function joins(db: Db, { customer }: Pick<Person, 'customer'>, role: OrgRole) {
  const { id, slug } = await anOrg(db)
  await addMember(db, { org: id, customer, role, at: new Date() })
  return orgForCustomer(db, customer, slug)
}

export interface Sent {
  token?: string
  /** A text is sent as it is, everything else as JSON. */
  body?: unknown
  headers?: Record<string, string>
  method?: string
  query?: string
}

/** Sends one raw request with any header, also Host; `rpc` returns the JSON-RPC response, also from an event stream. */
export async function send(
  { url }: Pick<McpDoor, 'url'>,
  { token, body, headers, method = 'POST', query = '' }: Sent,
) {
  const sent = request(new URL(query, url), {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  })
  sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body))
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const responseText = await text(answer)
  const data = answer.headers['content-type']?.startsWith('text/event-stream')
    ? /^data: (.*)$/m.exec(responseText)?.[1]
    : responseText
  return {
    status: answer.statusCode,
    headers: answer.headers,
    text: responseText,
    rpc: () => JSON.parse(data ?? '') as Rpc,
  }
}

export interface Rpc {
  id?: unknown
  result?: Record<string, unknown>
  error?: { code: number; message: string; data?: unknown }
}

/** A request of protocol versions before 2026-07-28. */
export const older = (method: string, params?: object): Pick<Sent, 'body'> => ({
  body: { jsonrpc: '2.0', id: 1, method, params },
})

/** A request of protocol 2026-07-28: the metadata is in the body and repeated in the headers. */
export function modern(
  method: string,
  params: { name?: string; taskId?: string; _meta?: object; [other: string]: unknown } = {},
  { version = '2026-07-28', capabilities = {} }: { version?: string; capabilities?: object } = {},
) {
  const _meta = {
    ...params._meta,
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientInfo': IDENTITY,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
  }
  return {
    ...older(method, { ...params, _meta }),
    headers: {
      'mcp-protocol-version': version,
      'mcp-method': method,
      ...((params.name ?? params.taskId) && { 'mcp-name': params.name ?? params.taskId }),
    },
  }
}

/** What a model reads: the handle of an operation, or a refusal. */
export async function called(
  door: Pick<McpDoor, 'url'>,
  { token }: Pick<Person, 'token'>,
  name: string,
  input: object,
): Promise<Record<string, unknown>> {
  const answer = await send(door, { token, ...older('tools/call', { name, arguments: input }) })
  const { content, structuredContent } = answer.rpc().result as {
    content: { text: string }[]
    structuredContent?: Record<string, unknown>
  }
  const result = structuredContent ?? (JSON.parse(content.at(-1)?.text ?? '') as Record<string, unknown>)
  return (result.error as Record<string, unknown> | undefined) ?? result
}
