import rateLimit from '@fastify/rate-limit'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sweepOrigins } from '#domain/audit'
import { sweepConnections } from '#domain/connections'
import { sweepSessions } from '#domain/identity'
import { SCOPES } from '#domain/orgs'
import { SPENDING_DETAIL_TYPE } from '#domain/spending'
import type { Db } from '#platform/database'
import { networkOf } from '#platform/network'
import type { Logger } from '#platform/logger'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'
import { TOOLSETS } from '../../mcp/call/toolset.ts'
import { html } from '../customer-area/html.ts'
import { sendPage } from '../customer-area/layout.ts'
import { COMMON_HEADERS } from '../customer-area/page-headers.ts'
import { refuseOtherHosts, UnknownHost } from '../customer-area/own-site.ts'
import { visitorOf } from '../customer-area/session.ts'
import type { Engine } from './engine.ts'
import { limited, MINUTE_MS, TooManyRequests } from '../limits.ts'
import { UNAVAILABLE } from './outage.ts'
import { type Answerer, noRegistration, registration, RegistrationRefused } from './registration.ts'
import { type Problem, visits } from './visit.ts'

const SWEEP_MS = 10 * MINUTE_MS
const QUIET = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false }

export interface OAuthOptions {
  db: Db
  engine: Engine
  publicUrl: string
  now: () => Date
  log: Logger
}

interface EndpointOptions extends OAuthOptions {
  /** Whether programs may register themselves. */
  registering: 'on' | 'off'
}

/** `/oauth/authorize` for browsers. It is registered with the pages, because they know who is signed in. */
export async function oauthPages(app: FastifyInstance, options: OAuthOptions): Promise<void> {
  await app.register(rateLimit, { global: false, addHeaders: QUIET, addHeadersOnExceeding: QUIET })
  const limits = { rateLimit: limited(60, MINUTE_MS) }

  app.get('/oauth/authorize', { config: limits }, async (request, reply) => {
    request.raw.url = withScope(request.url)
    return answeredByEngine(options, request, reply)
  })
  app.get('/oauth/authorize/:uid', { config: limits }, async (request, reply) =>
    answeredByEngine(options, request, reply),
  )
}

/** The routes that programs call: metadata, registration, tokens, revocation. Every answer is JSON. */
export async function oauthEndpoints(app: FastifyInstance, options: EndpointOptions): Promise<void> {
  const { publicUrl, registering } = options
  app.removeAllContentTypeParsers()
  // the engine reads the body itself
  app.addContentTypeParser('*', (_, __, done) => done(null))
  refuseOtherHosts(app, publicUrl)
  await app.register(rateLimit, { global: false, addHeaders: QUIET, addHeadersOnExceeding: QUIET })
  sweepRegularly(app, options)

  app.setErrorHandler((thrown: FastifyError, _, reply) => {
    const { status, error, why } = answerFailure(thrown, options)
    if (status === UNAVAILABLE.status) reply.header('retry-after', TRY_AGAIN_AFTER_S)
    return reply.code(status).send({ error, error_description: why })
  })
  // on one machine, a limit by address would only affect tests and tools
  const allowList = () => publicUrl.startsWith('http:')
  const engine: Answerer = (request, reply) => answeredByEngine(options, request, reply)
  for (const url of ['/oauth/token', '/oauth/revoke'])
    app.route({
      method: ['POST', 'OPTIONS'],
      url,
      config: { rateLimit: { ...limited(120, MINUTE_MS), allowList } },
      handler: engine,
    })
  app.route({
    method: ['POST', 'OPTIONS'],
    url: '/oauth/device_authorization',
    config: { rateLimit: { ...limited(20, MINUTE_MS), allowList } },
    handler: engine,
  })
  const config = { rateLimit: { ...limited(600, MINUTE_MS), allowList } }
  app.get('/oauth/jwks', { config }, engine)
  for (const name of ['oauth-authorization-server', 'openid-configuration'])
    app.route({ method: ['GET', 'OPTIONS'], url: `/.well-known/${name}`, config, handler: engine })

  if (registering === 'on') registration(app, engine, allowList)
  else noRegistration(app)
  resourceMetadata(app, publicUrl)
  // the last two: where clients ask that have not found our metadata
  for (const url of ['/oauth/*', '/.well-known/*', '/register', '/token'])
    app.all(url, async (_, reply) =>
      reply.code(404).send({ error: 'not_found', error_description: 'There is nothing at this address.' }),
    )
}

/** Names the issuer of our tokens (RFC 9728). The 401 of the MCP endpoint contains the URL of this document. */
function resourceMetadata(app: FastifyInstance, publicUrl: string): void {
  const said = {
    resource: `${publicUrl}/mcp`,
    authorization_servers: [publicUrl],
    scopes_supported: SCOPES,
    bearer_methods_supported: ['header'],
    authorization_details_types_supported: [SPENDING_DETAIL_TYPE],
    resource_name: 'packagento',
  }
  const base = '/.well-known/oauth-protected-resource'
  // the same at each path of the endpoint: a token is for all of it, and clients look below the path that they call
  for (const path of ['', ...TOOLSETS.flatMap((toolset) => [toolset.path, `${toolset.path}/`])])
    app.get(base + path, async (_, reply) => reply.header('access-control-allow-origin', '*').send(said))
}

/** The answer to a program when we refuse its request before the engine sees it. It has the format of OAuth. */
function answerFailure(error: FastifyError | TooManyRequests, { log }: OAuthOptions): Failure {
  if (error instanceof TooManyRequests) return { status: 429, error: error.code, why: error.message }
  if (error instanceof UnknownHost) return { status: 403, error: error.code, why: error.message }
  if (error instanceof RegistrationRefused)
    return { status: error.statusCode, error: 'invalid_client_metadata', why: error.message }
  const { statusCode: status = 500 } = error as FastifyError
  if (status < 500) return { status, error: 'invalid_request', why: 'The request could not be read.' }
  if (asOutage(error)) {
    log.warn({ err: error }, 'the OAuth server met an outage')
    return UNAVAILABLE
  }
  log.error({ err: error }, 'the OAuth server failed')
  return { status: 500, error: 'server_error', why: 'Something went wrong on our side.' }
}

interface Failure {
  status: number
  error: string
  why: string
}

/**
 * Lets the engine answer for the person who is signed in on our pages. On a page, an error of the engine becomes a page
 * that says what to do.
 */
async function answeredByEngine(
  { engine, publicUrl }: OAuthOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { raw } = request
  const isPage = request.url.startsWith('/oauth/authorize')
  let problem: Problem | undefined
  const visit = {
    customer: visitorOf(request)?.customer,
    network: networkOf(request),
    ...(isPage && { onProblem: (found: Problem) => (problem = found) }),
  }
  // after `request.ip`, which reads these headers
  pinHost(raw.headers, publicUrl)
  // the engine answers without Fastify, which would add them
  for (const [name, value] of Object.entries(COMMON_HEADERS)) reply.raw.setHeader(name, value)
  await visits.run(visit, () => engine.callback()(raw, reply.raw))
  if (problem) return sendProblem(reply, problem)
  return reply.hijack()
}

/** The engine builds its URLs from these headers, so a client must not choose them. */
export function pinHost(headers: Record<string, unknown>, publicUrl: string): void {
  const { host, protocol } = new URL(publicUrl)
  headers.host = host
  headers['x-forwarded-proto'] = protocol.slice(0, -1)
  delete headers['x-forwarded-host']
  delete headers['x-forwarded-for']
}

/**
 * When a request has none of our scopes, adds all of them, and the person chooses. The engine refuses a request without
 * scopes. Leaves out `openid`, which some clients take from our metadata: a grant never has it, so the engine would ask
 * for the consent again and again.
 */
function withScope(path: string): string {
  const url = new URL(path, 'http://here.invalid')
  const asked = url.searchParams.getAll('scope')
  if (asked.length > 1) return path
  const words = asked[0]?.split(' ').filter(Boolean) ?? []
  const wanted = words.filter((word) => word !== 'openid')
  const hasOwn = wanted.some((word) => SCOPES.some((scope) => scope === word))
  if (hasOwn && wanted.length === words.length) return path
  url.searchParams.set('scope', [...(hasOwn ? [] : SCOPES), ...wanted].join(' '))
  return url.pathname + url.search
}

const AGAIN = 'Go back to your application and connect again.'
const PROBLEMS: Record<string, { title: string; step: string }> = {
  invalid_client: {
    title: 'This application is not known here',
    step: 'In your application, remove this server and add it again.',
  },
  invalid_redirect_uri: {
    title: 'The application wants an answer at an address that it did not register',
    step: 'Do not go on. In your application, remove this server and add it again.',
  },
  server_error: { title: 'Something went wrong on our side', step: AGAIN },
  temporarily_unavailable: {
    title: 'packagento cannot answer right now',
    step: 'Load this page again in a minute.',
  },
}

function sendProblem(reply: FastifyReply, { status, code }: Problem): FastifyReply {
  const cookies = reply.raw.getHeader('set-cookie')
  if (cookies) reply.raw.removeHeader('set-cookie')
  for (const cookie of [cookies ?? []].flat()) reply.header('set-cookie', cookie)
  if (status === UNAVAILABLE.status) reply.header('retry-after', TRY_AGAIN_AFTER_S)
  const { title, step } = PROBLEMS[code] ?? { title: 'The application could not be connected', step: AGAIN }
  const body = html`<h1>${title}</h1>
    <p>${step}</p>
    <p class="soft">${code}, request ${reply.request.id}</p>`
  return sendPage(reply, { title: 'Not connected', body }, status)
}

/** Every process sweeps at intervals, and for the first time soon after its start. */
function sweepRegularly(app: FastifyInstance, { db, now, log }: OAuthOptions): void {
  const sweep = () =>
    void Promise.all([sweepConnections(db, now()), sweepOrigins(db, now()), sweepSessions(db, now())]).catch(
      (err: unknown) => log.warn({ err }, 'connections, addresses and sessions were not swept'),
    )
  const timer = setInterval(sweep, SWEEP_MS).unref()
  app.addHook('onClose', async () => clearInterval(timer))
}
