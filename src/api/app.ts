import { randomBytes } from 'node:crypto'
import manifest from '../../package.json' with { type: 'json' }
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Billing } from '#domain/billing'
import type { Git } from '#domain/git'
import type { Passwords } from '#domain/identity'
import type { Operations } from '#domain/operations'
import type { SpendingSettings } from '#domain/spending'
import type { Config } from '#platform/config'
import type { Db } from '#platform/database'
import { listen } from '#platform/listen'
import type { Logger } from '#platform/logger'
import { logRequests } from '#platform/request-log'
import { publicFetch, type PublicFetch } from '#platform/public-fetch'
import type { Secrets } from '#platform/secrets'
import type { Storage } from '#platform/storage'
import { mcpEndpoint, type McpOptions } from '../mcp/transport/endpoint.ts'
import { auditOrigins } from './audit-origins.ts'
import { badUrlAnswer } from './bad-url.ts'
import { gitPushCallbacks } from './callbacks/git-push.ts'
import { stripeCallbacks } from './callbacks/stripe.ts'
import { composerRegistry } from './composer/index.ts'
import { type ConnectionLimits, limitConnections, serverOptions } from './connection-limits.ts'
import { listeningMemory, noMemory } from './memory.ts'
import { customerArea } from './customer-area/index.ts'
import { notFoundPage, sendPage } from './customer-area/layout.ts'
import { requireHttps, setCommonHeaders } from './customer-area/page-headers.ts'
import { statusPage } from './customer-area/status-page.ts'
import { assetRoutes } from './customer-area/style/assets.ts'
import { FAVICON } from './customer-area/style/mark.ts'
import { DARK, LIGHT } from './customer-area/style/tokens.ts'
import { answerError } from './errors.ts'
import { healthRoutes } from './health.ts'
import { pickupDoor } from './pickup.ts'
import { readiness, sharedReadiness } from './readiness.ts'
import { openEngine } from './oauth/engine.ts'
import { oauthEndpoints } from './oauth/mount.ts'
import { transparencyLog } from './log/index.ts'

export interface AppOptions {
  db: Db
  /** For `LISTEN`. Without it, nothing is cached. */
  databaseUrl?: string
  config: Pick<
    Config,
    | 'NODE_ENV'
    | 'PUBLIC_URL'
    | 'ALLOWED_ORIGINS'
    | 'TRUSTED_PROXIES'
    | 'DEPLOYMENT'
    | 'STRIPE_WEBHOOK_SECRET'
    | 'OAUTH_REGISTRATION'
    | 'SELLING_CURRENCIES'
    | 'TEMPORAL_NAMESPACE'
  > &
    Partial<Pick<Config, 'VENDOR_AUTO_APPROVE' | 'TEMPORAL_UI_URL'>>
  log: Logger
  operations: Operations
  storage: Storage
  secrets: Secrets
  passwords: Passwords
  billing: Billing
  git: Git
  spending: SpendingSettings
  /** True when the payment provider moves real money. */
  livemode: boolean
  temporalReachable: () => Promise<boolean>
  now: () => Date
  /** Limits of MCP connections, for tests. */
  limits?: McpOptions['limits']
  /** For tests: shorter times for clients. */
  connections?: Partial<ConnectionLimits>
  /** For tests: fetches what clients name. */
  publicFetch?: PublicFetch
}

/** All doors of the api process: health, pages, the Composer registry, MCP. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { db, config, log, operations, storage, secrets, passwords, billing, git, spending, livemode } =
    options
  const { now, databaseUrl } = options
  const { PUBLIC_URL: publicUrl, DEPLOYMENT: deployment, STRIPE_WEBHOOK_SECRET: webhookSecrets } = config
  const app = serverOf(options)

  logRequests(app, log)
  setCommonHeaders(app)
  requireHttps(app, publicUrl)
  answerFailures(app, log)

  const listening = databaseUrl ? listeningMemory(databaseUrl, { now }) : undefined
  if (listening) app.addHook('onClose', listening.stop)
  const { memory, pages } = listening ?? { memory: noMemory, pages: noMemory }

  await healthOf(app, options)
  await app.register(assetRoutes)
  await app.register(composerRegistry, { db, memory, storage, publicUrl, now, log })
  await app.register(async (audited) => {
    auditOrigins(audited)
    const engine = engineOf(options)
    await audited.register(oauthEndpoints, {
      db,
      engine,
      publicUrl,
      registering: config.OAUTH_REGISTRATION,
      now,
      log,
    })
    await audited.register(customerArea, {
      db,
      engine,
      memory: pages,
      operations,
      billing,
      git,
      spending,
      publicUrl,
      currencies: config.SELLING_CURRENCIES,
      approvesVendors: config.VENDOR_AUTO_APPROVE ?? false,
      isProduction: config.NODE_ENV === 'production',
      temporalUi:
        config.TEMPORAL_UI_URL && `${config.TEMPORAL_UI_URL}/namespaces/${config.TEMPORAL_NAMESPACE}`,
      secrets,
      passwords,
      now,
      log,
    })
    await audited.register(pickupDoor, { db, secrets, publicUrl, now })
    await audited.register(transparencyLog, { db, secrets, publicUrl })
    await audited.register(stripeCallbacks, { db, livemode, webhookSecrets, deployment, now, log })
    await audited.register(gitPushCallbacks, { git, now, log })
    await audited.register(mcpEndpoint, mcpOptionsOf(options))
  })
  return app
}

/** For programs and for people, from one look a second. */
async function healthOf(app: FastifyInstance, options: AppOptions): Promise<void> {
  const { db, temporalReachable, storage, operations, now } = options
  const parts = { db, temporalReachable, storageReachable: storage.reachable, obstacle: operations.obstacle }
  const findMissing = sharedReadiness(await readiness(parts), now)
  await app.register(healthRoutes, { findMissing })
  await app.register(statusPage, { findMissing })
}

function serverOf({ config, log, connections }: AppOptions): FastifyInstance {
  const app = Fastify({
    genReqId: requestIds(),
    logger: false,
    frameworkErrors: badUrlAnswer(log),
    trustProxy: config.TRUSTED_PROXIES ?? false,
    ...serverOptions(connections),
  })
  limitConnections(app, { log, limits: connections })
  return app
}

function mcpOptionsOf(options: AppOptions): McpOptions {
  const { db, databaseUrl, config, operations, secrets, spending, git, limits, now, log } = options
  const { PUBLIC_URL: publicUrl, ALLOWED_ORIGINS: allowedOrigins } = config
  return {
    db,
    operations,
    secrets,
    spending,
    git,
    approvesVendors: config.VENDOR_AUTO_APPROVE ?? false,
    publicUrl,
    currencies: config.SELLING_CURRENCIES,
    now,
    log,
    version: manifest.version,
    look: { light: { ...LIGHT }, dark: { ...DARK }, mark: FAVICON },
    ...(allowedOrigins && { allowedOrigins }),
    ...(databaseUrl && {
      onRevocation: (onNotified) => listen(databaseUrl, 'connection_revoked', { onNotified }),
    }),
    ...(limits && { limits }),
  }
}

function engineOf({ db, secrets, config, publicFetch: fetching = publicFetch, now, log }: AppOptions) {
  const { PUBLIC_URL: publicUrl, OAUTH_REGISTRATION: registering, ALLOWED_ORIGINS: allowedOrigins } = config
  const settings = { publicUrl, registering, ...(allowedOrigins && { allowedOrigins }) }
  return openEngine({ db, secrets, ...settings, publicFetch: fetching, now, log })
}

/** A program sends something, or names JSON and no page. */
const isOfPerson = ({ method, headers: { accept = '' } }: FastifyRequest): boolean =>
  accept.includes('text/html') || (method === 'GET' && !accept.includes('json'))

/** For a program. */
const NOTHING_HERE = {
  code: 'not_found',
  message: 'There is nothing at this address.',
  next_step: 'Check the address: docs/connecting.md lists the paths of programs.',
}

function answerFailures(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: Parameters<typeof answerError>[0], request, reply) =>
    answerError(error, { request, reply, log }),
  )
  app.setNotFoundHandler((request, reply) =>
    isOfPerson(request)
      ? sendPage(reply, notFoundPage, 404)
      : reply.code(404).send({ error: { ...NOTHING_HERE, request_id: request.id } }),
  )
}

/** Ids that no other process and no later start makes: 96 random bits for all, and a number. */
function requestIds(): () => string {
  const ours = randomBytes(12).toString('base64url')
  let count = 0
  return () => `req_${ours}${(count++).toString(36)}`
}
