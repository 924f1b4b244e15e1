import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { billingOn } from '#domain/billing'
import type { Git } from '#domain/git'
import type { Passwords } from '#domain/identity'
import { type FindObstacle, operationsOn } from '#domain/operations'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openPayments } from '#platform/payments'
import { openSecrets, type Secrets } from '#platform/secrets'
import type { Storage } from '#platform/storage'
import { type AppOptions, buildApp } from '../../src/api/app.ts'
import { aGit } from './git.ts'
import { cheapPasswords } from './passwords.ts'
import { NO_SPENDING_LIMITS, recheckIn } from './spending.ts'
import type { LookAtRun } from '#contracts/ids'
import { noTemporal } from './no-temporal.ts'

interface AppWanted {
  temporalReachable?: () => Promise<boolean>
  /** Default: nothing keeps operations from going on. */
  obstacle?: FindObstacle
  publicUrl?: string
  now?: () => Date
  trustedProxies?: string[]
  webhookSecrets?: string[]
  isProduction?: boolean
  limits?: AppOptions['limits']
  connections?: AppOptions['connections']
  /** Default: new secrets. */
  secrets?: Secrets
  /** Without it the app has no memory. */
  databaseUrl?: string
  publicFetch?: AppOptions['publicFetch']
  /** Default: hashes that cost little. */
  passwords?: Passwords
  /** Default: programs may register themselves. */
  mayRegister?: boolean
  /** Default: with `exampleHost`. */
  git?: Git
  /** Default: every run lives. */
  lookAtRun?: LookAtRun
  /** Default: has no zip. */
  storage?: Storage
}

/** All doors of the api with one database, for injected requests; `logged` returns the log lines. */
export async function anApp(
  db: Db,
  {
    temporalReachable = async () => true,
    obstacle = async () => undefined,
    publicUrl = 'https://market.example',
    now = () => new Date(),
    trustedProxies,
    webhookSecrets = [],
    isProduction = false,
    limits,
    connections,
    secrets = openSecrets({ key: randomBytes(32).toString('base64') }),
    databaseUrl,
    publicFetch,
    passwords = cheapPasswords,
    mayRegister = true,
    git = aGit({ db, secrets, publicUrl }),
    lookAtRun = async () => ({ state: 'lives', taskAttempt: 1 }),
    storage = { reachable: async () => true, put: async () => {}, open: async () => undefined },
  }: AppWanted = {},
): Promise<{ app: FastifyInstance; logged: () => Record<string, unknown>[]; secrets: Secrets }> {
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const payments = openPayments({
    secretKey: 'sk_test_nobody',
    apiBase: 'http://127.0.0.1:1',
    deployment: 'test',
  })
  const app = await buildApp({
    db,
    ...(databaseUrl && { databaseUrl }),
    config: {
      NODE_ENV: isProduction ? 'production' : 'test',
      PUBLIC_URL: publicUrl,
      ALLOWED_ORIGINS: undefined,
      TRUSTED_PROXIES: trustedProxies,
      DEPLOYMENT: 'test',
      STRIPE_WEBHOOK_SECRET: webhookSecrets,
      OAUTH_REGISTRATION: mayRegister ? 'on' : 'off',
      SELLING_CURRENCIES: ['EUR', 'USD'],
      TEMPORAL_UI_URL: 'https://temporal.example',
      TEMPORAL_NAMESPACE: 'packagento',
    },
    log,
    operations: operationsOn({ db, ...noTemporal, lookAtRun, obstacle }),
    storage,
    secrets,
    passwords,
    billing: billingOn({ db, payments, recheck: recheckIn(db), log }),
    git,
    spending: NO_SPENDING_LIMITS,
    livemode: payments.livemode,
    temporalReachable,
    now,
    limits,
    ...(connections && { connections }),
    ...(publicFetch && { publicFetch }),
  })
  return { app, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>), secrets }
}
