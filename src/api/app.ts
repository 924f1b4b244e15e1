import { randomBytes } from 'node:crypto'
import manifest from '../../package.json' with { type: 'json' }
import Fastify, { type FastifyInstance } from 'fastify'
import type { Billing } from '#domain/billing'
import { openPasswords } from '#domain/identity'
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
import { badUrlAnswer } from './bad-url.ts'
import { stripeCallbacks } from './callbacks/stripe.ts'
import { composerRegistry } from './composer/index.ts'
import { listeningMemory, noMemory } from './memory.ts'
import { customerArea } from './customer-area/index.ts'
import { notFoundPage, sendPage } from './customer-area/layout.ts'
import { requireHttps } from './customer-area/page-headers.ts'
import { assetRoutes } from './customer-area/style/assets.ts'
import { answerError } from './errors.ts'
import { healthRoutes } from './health.ts'
import { pickupDoor } from './pickup.ts'
import { openEngine } from './oauth/engine.ts'
import { oauthEndpoints } from './oauth/mount.ts'
import { transparencyLog } from './log/index.ts'

export interface AppOptions {
  db: Db
  /** For `LISTEN`. Without it, nothing is cached. */
  databaseUrl?: string
  config: Pick<
    Config,
    'NODE_ENV' | 'PUBLIC_URL' | 'ALLOWED_ORIGINS' | 'TRUSTED_PROXIES' | 'DEPLOYMENT' | 'STRIPE_WEBHOOK_SECRET'
  >
  log: Logger
  operations: Operations
  storage: Storage
  secrets: Secrets
  billing: Billing
  spending: SpendingSettings
  /** True when the payment provider moves real money. */
  livemode: boolean
  temporalReachable: () => Promise<boolean>
  now: () => Date
  /** Limits of MCP connections, for tests. */
  limits?: McpOptions['limits']
  /** For tests: fetches what clients name. */
  publicFetch?: PublicFetch
}

/** All doors of the api process: health, pages, the Composer registry, MCP. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { db, config, log, operations, storage, secrets, billing, spending, livemode } = options
  const { temporalReachable, now, limits, databaseUrl } = options
  const { PUBLIC_URL: publicUrl, DEPLOYMENT: deployment, STRIPE_WEBHOOK_SECRET: webhookSecrets } = config
  const app = Fastify({
    genReqId: requestIds(),
    logger: false,
    frameworkErrors: badUrlAnswer(log),
    trustProxy: config.TRUSTED_PROXIES ?? false,
  })

  logRequests(app, log)
  requireHttps(app, publicUrl)
  app.setErrorHandler((error: Parameters<typeof answerError>[0], request, reply) =>
    answerError(error, { request, reply, log }),
  )
  app.setNotFoundHandler((_, reply) => sendPage(reply, notFoundPage, 404))

  const listening = databaseUrl ? listeningMemory(databaseUrl, { now }) : undefined
  if (listening) app.addHook('onClose', listening.stop)
  const { memory, pages } = listening ?? { memory: noMemory, pages: noMemory }

  await app.register(healthRoutes, { db, temporalReachable })
  await app.register(assetRoutes)
  const origins = config.ALLOWED_ORIGINS && { allowedOrigins: config.ALLOWED_ORIGINS }
  const fetching = { publicFetch: options.publicFetch ?? publicFetch }
  const engine = openEngine({ db, secrets, publicUrl, now, log, ...fetching, ...origins })
  await app.register(oauthEndpoints, { db, engine, publicUrl, now, log })
  await app.register(customerArea, {
    db,
    engine,
    memory: pages,
    operations,
    billing,
    spending,
    publicUrl,
    isProduction: config.NODE_ENV === 'production',
    secrets,
    passwords: openPasswords(),
    now,
    log,
  })
  await app.register(pickupDoor, { db, secrets, publicUrl, now })
  await app.register(transparencyLog, { db, secrets, publicUrl })
  await app.register(stripeCallbacks, { db, livemode, webhookSecrets, deployment, now, log })
  await app.register(composerRegistry, { db, memory, storage, publicUrl, now, log })
  await app.register(mcpEndpoint, {
    db,
    operations,
    secrets,
    spending,
    publicUrl,
    now,
    log,
    version: manifest.version,
    ...origins,
    ...(databaseUrl && {
      onRevocation: (onNotified) => listen(databaseUrl, 'connection_revoked', { onNotified }),
    }),
    ...(limits && { limits }),
  })
  return app
}

/** Ids that no other process and no later start makes: 96 random bits for all, and a number. */
function requestIds(): () => string {
  const ours = randomBytes(12).toString('base64url')
  let count = 0
  return () => `req_${ours}${(count++).toString(36)}`
}
