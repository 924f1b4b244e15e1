// Our doors, on a real database and storage, as src/bin/api.ts wires them; without Temporal and Stripe.
import { randomBytes } from 'node:crypto'
import { billingOn } from '#domain/billing'
import { openPasswords } from '#domain/identity'
import { operationsOn } from '#domain/operations'
import { recheckWaitingPurchase } from '#domain/orders'
import { openDatabase } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openPayments } from '#platform/payments'
import { openSecrets } from '#platform/secrets'
import { openDiskStorage } from '#platform/storage'
import { buildApp } from '../src/api/app.ts'
import { aGit } from '../test/support/git.ts'
import { noLimits, PUBLIC_URL } from '../test/support/mcp.ts'
import { NO_SPENDING_LIMITS } from '../test/support/spending.ts'
import { serve } from './child.ts'
import { noTemporal } from '../test/support/no-temporal.ts'

export interface Given {
  databaseUrl: string
  storageDir: string
  /** Default: the public URL of the tests, and any free port. */
  port?: number
}

await serve(async ({ databaseUrl, storageDir, port }: Given) => {
  const { db } = openDatabase(databaseUrl)
  const log = openLogger({ level: 'info' })
  const payments = openPayments({
    secretKey: 'sk_test_bench',
    apiBase: 'http://127.0.0.1:1',
    deployment: 'bench',
  })
  const app = await buildApp({
    db,
    databaseUrl,
    config: {
      NODE_ENV: 'test',
      PUBLIC_URL: port ? `http://127.0.0.1:${port}` : PUBLIC_URL,
      ALLOWED_ORIGINS: undefined,
      TRUSTED_PROXIES: ['127.0.0.1'],
      DEPLOYMENT: 'bench',
      STRIPE_WEBHOOK_SECRET: [],
      OAUTH_REGISTRATION: 'on',
      SELLING_CURRENCIES: ['EUR', 'USD'],
      TEMPORAL_NAMESPACE: 'packagento',
    },
    log,
    operations: operationsOn({ db, ...noTemporal }),
    storage: openDiskStorage(storageDir),
    passwords: openPasswords(),
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    billing: billingOn({
      db,
      payments,
      recheck: (it) => recheckWaitingPurchase(db, { ...it, spending: NO_SPENDING_LIMITS }),
      log,
    }),
    git: aGit({ db }),
    spending: NO_SPENDING_LIMITS,
    livemode: payments.livemode,
    temporalReachable: async () => true,
    now: () => new Date(),
    // one connection calls as often as it can
    limits: noLimits(),
  })
  await app.listen({ host: '127.0.0.1', port: port ?? 0 })
  return app.server
})
