import {
  type AuthInfo,
  bearerAuthChallengeResponse,
  getOAuthProtectedResourceMetadataUrl,
  type McpHttpHandler,
  OAuthError,
  OAuthErrorCode,
  verifyBearerToken,
} from '@modelcontextprotocol/server'
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  preHandlerHookHandler,
} from 'fastify'
import { authenticate, type Authenticated, endedConnections, lastUse } from '#domain/connections'
import { accessesOf, SCOPES } from '#domain/orgs'
import type { ConnectionId } from '#kernel/ids'
import { isDeeperThan } from '#kernel/json-depth'
import { countedNetworkOf } from '#platform/network'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'
import { noteOnRequest } from '#platform/request-log'
import { connectionLimits, type Limits, tooManyOf } from '../call/rate-limit.ts'
import { answerPreflight, isPreflight, pageCheck } from './browser-clients.ts'
import { exchange } from './exchange.ts'
import { type Authorized, callIn, messagesOf, needsRoles, refusesByItself } from './request.ts'
import { mcpServer } from './server.ts'
import type { ServerOptions } from './server-options.ts'
import { tokenGuard } from './token-guard.ts'
import { unanswered } from './unanswered.ts'
import type { Tool } from '../call/tool.ts'
import { type Toolset, TOOLSETS } from '../call/toolset.ts'

const MAX_BODY_BYTES = 1024 * 1024
/** The SDK and schemas recurse. No input of a tool has more than ten levels. */
const MAX_DEPTH = 64

export interface McpOptions extends Omit<ServerOptions, 'closing' | 'limits'> {
  /** Browser clients besides our own pages: origins, host names without port, or `<scheme>://*`. */
  allowedOrigins?: readonly string[]
  /** Default: all tools. */
  tools?: readonly Tool[]
  /** For tests; default: 240 calls and 30 starts a minute. */
  limits?: Limits
  /** Calls back when a connection was revoked, in any process. Without it, streams are only checked at intervals. */
  onRevocation?: (callback: () => void) => { stop: () => Promise<void> }
  /** For tests: how often open streams are checked. */
  checkStreamsEveryMs?: number
  /** For the protocol's conformance suite, which needs its own tools behind this door. */
  serve?: (options: ServerOptions) => McpHttpHandler
}

/**
 * `POST /mcp`, and the same with fewer tools at the other paths of `TOOLSETS`, as a Fastify plugin. It checks in this
 * order: Host, Origin, the bearer token (before it reads the body), the method, the body, the limit of the connection.
 * Then the SDK answers. A token in the query is ignored.
 */
export async function mcpEndpoint(app: FastifyInstance, options: McpOptions): Promise<void> {
  const stopping = new AbortController()
  const { limits = connectionLimits() } = options
  const whole = { ...options, limits, closing: stopping.signal }
  const handler = options.serve?.(whole) ?? mcpServer(whole, options.tools)
  const bearer = bearerCheck(options)
  const callers = new WeakMap<FastifyRequest, AuthInfo>()
  const use = lastUse(options.db, (err) => options.log.warn({ err }, 'a last use was not written'))
  const { db, log, onRevocation, checkStreamsEveryMs: checkEveryMs } = options
  const ended = (ids: readonly ConnectionId[]) => endedConnections(db, ids)
  const pending = unanswered({ endedConnections: ended, onRevocation, checkEveryMs, log })

  checkPages(app, options)
  app.addHook('onRequest', async (request, reply) => {
    const authInfo = await bearer(request, reply)
    if (!authInfo) return reply
    callers.set(request, authInfo)
    use.note(authorizedBy(authInfo).caller.connection, options.now())
    if (request.method !== 'POST')
      return reply.code(405).header('allow', 'POST').send(rpcError(-32000, 'Use POST.'))
  })
  app.addHook('preHandler', refuseDeepJson)
  app.setErrorHandler((error: FastifyError, request, reply) => answerFailure(error, request, reply, options))

  for (const toolset of TOOLSETS)
    for (const path of [toolset.path, `${toolset.path}/`])
      app.all(path, { bodyLimit: MAX_BODY_BYTES }, (request, reply) => serve(toolset, request, reply))

  async function serve(toolset: Toolset, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const authInfo = callers.get(request)
    if (!authInfo) throw new Error('a request skipped the token check')
    const { id: requestId, body } = request
    const authenticated = authorizedBy(authInfo)
    const tooMany = tooManyOf(limits.calls, authenticated.caller.connection, options.now(), messagesOf(body))
    if (tooMany && !refusesByItself(body)) {
      await later(reply, tooMany.retryAfterMs).send(rpcError(-32000, TOO_MANY))
      return
    }
    const orgs =
      needsRoles(body) && !tooMany ? await accessesOf(options.db, authenticated.caller.customer) : []
    const caller = { ...authenticated.caller, client: authenticated.clientId, request: requestId }
    const authorized: Authorized = { ...authenticated, caller, body, requestId, orgs, toolset, tooMany }
    noteOnRequest(request, logFieldsOf(authorized))
    hijack(reply)
    const sent = { request: request.raw, response: reply.raw, body }
    const answered = exchange(handler, { ...sent, authInfo: { ...authInfo, extra: { authorized } } }).catch(
      (err: unknown) => {
        options.log.error({ err, request: requestId }, 'an MCP request failed')
        if (!reply.raw.headersSent) reply.raw.writeHead(500, { 'content-type': 'application/json' })
        reply.raw.end()
      },
    )
    const { connection } = authenticated.caller
    const isStream = callIn(body).method === 'subscriptions/listen'
    await pending.wait(answered, isStream ? { connection, close: () => reply.raw.destroy() } : undefined)
  }

  app.addHook('preClose', async () => {
    stopping.abort()
    await pending.drain()
    await handler.close()
    await use.flush()
  })
}

/** Before the token: refuses pages of other sites, and answers what a browser asks before a page may call. */
function checkPages(app: FastifyInstance, options: McpOptions): void {
  const refusalOfPage = pageCheck(options)
  app.addHook('onRequest', async (request, reply) => {
    // an answer may hold a key
    reply.header('cache-control', 'no-store')
    const refused = refusalOfPage(request, reply)
    if (refused !== undefined) return reply.code(403).send(rpcError(-32000, refused))
    return isPreflight(request) ? answerPreflight(reply) : undefined
  })
}

const refuseDeepJson: preHandlerHookHandler = ({ body }, reply, done) => {
  if (isDeeperThan(MAX_DEPTH, body)) void reply.code(400).send(rpcError(-32700, TOO_DEEP))
  else done()
}

/** Takes the reply from Fastify, with the headers that are set so far. */
function hijack(reply: FastifyReply): void {
  reply.raw.setHeaders(
    new Map(Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)])),
  )
  reply.hijack()
}

const authorizedBy = (authInfo: AuthInfo) => authInfo.extra?.authorized as Authenticated

/**
 * Checks the bearer token. Without a valid one, it sends the challenge itself. The challenge asks for every scope, because
 * old clients cannot add scopes later.
 */
function bearerCheck({ db, publicUrl, log, now }: McpOptions) {
  const guard = tokenGuard()
  const resource = new URL('/mcp', publicUrl)
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resource)
  const verifier = {
    async verifyAccessToken(token: string): Promise<AuthInfo> {
      const found = await authenticate(db, token)
      if (!found)
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The access token is unknown, expired or revoked')
      return {
        token,
        clientId: found.clientId,
        scopes: [...found.caller.scopes],
        expiresAt: found.expiresAt.getTime() / 1000,
        resource: found.audience === resource.href ? resource : new URL(found.audience),
        extra: { authorized: found },
      }
    },
  }
  const checks = { verifier, expectedResource: resource, requiredScopes: ['read'], resourceMetadataUrl }
  return async (request: FastifyRequest, reply: FastifyReply): Promise<AuthInfo | undefined> => {
    const { authorization } = request.headers
    const attempt = { network: countedNetworkOf(request), authorization, at: now() }
    const wait = guard.wait(attempt)
    if (wait) {
      await later(reply, wait).send({ error: 'temporarily_unavailable', error_description: NO_TOKEN })
      return undefined
    }
    try {
      const authInfo = await verifyBearerToken(authorization, checks)
      guard.passed(attempt)
      return authInfo
    } catch (error) {
      if (asOutage(error)) {
        log.warn({ err: error, request: request.id }, 'the token check met an outage')
        await unavailable(reply)
        return undefined
      }
      if (!(error instanceof OAuthError))
        log.error({ err: error, request: request.id }, 'the token check is unavailable')
      const challenge = bearerAuthChallengeResponse(error, {
        requiredScopes: [...SCOPES],
        resourceMetadataUrl,
      })
      if (challenge.status === 401) guard.failed(attempt)
      await reply
        .code(challenge.status)
        .headers(Object.fromEntries(challenge.headers))
        .send(await challenge.text())
      return undefined
    }
  }
}

const TOO_DEEP = `The JSON is nested more than ${MAX_DEPTH} levels deep.`
const TOO_MANY = 'Too many requests: wait, then send it again.'
const NO_TOKEN = 'Too many invalid tokens from this network.'

/** An outage is no reason to sign in again, so there is no challenge. */
const unavailable = (reply: FastifyReply) =>
  reply.code(503).header('retry-after', TRY_AGAIN_AFTER_S).send(rpcError(-32000, UNAVAILABLE))

const UNAVAILABLE = 'packagento cannot answer right now. Try again in a minute; nothing is done twice.'

const later = (reply: FastifyReply, ms: number) => reply.code(429).header('retry-after', Math.ceil(ms / 1000))

const rpcError = (code: number, message: string) => ({ jsonrpc: '2.0', error: { code, message }, id: null })

/** Answers what Fastify refuses before the SDK sees it, as an error of JSON-RPC. */
function answerFailure(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  { log }: McpOptions,
) {
  const { statusCode: status = 500 } = error
  if (status === 413) return reply.code(413).send(rpcError(-32600, 'The request is larger than 1 MiB.'))
  if (status === 415)
    return reply.code(415).send(rpcError(-32600, 'Content-Type has to be application/json.'))
  if (status === 400) return reply.code(400).send(rpcError(-32700, 'The request is not valid JSON.'))
  if (asOutage(error)) {
    log.warn({ err: error, request: request.id }, 'an MCP request met an outage')
    return unavailable(reply)
  }
  log.error({ err: error, request: request.id }, 'an MCP request failed')
  return reply.code(500).send(rpcError(-32603, `Something went wrong on our side (request ${request.id}).`))
}

/** Returns the connection of a request, its method and its tool. It runs before the SDK has checked the body. */
function logFieldsOf({ body, caller }: Authorized): Record<string, unknown> {
  const { method, params } = callIn(body)
  const short = (name: unknown) => (typeof name === 'string' ? name.slice(0, 64) : undefined)
  return { connection: caller.connection, rpc: short(method), tool: short(params?.name) }
}
