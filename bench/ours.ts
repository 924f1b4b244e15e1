// Our doors, on a real database and storage, as src/bin/api.ts wires them; without Temporal and Stripe.
import { randomBytes } from 'node:crypto'
import { billingOn } from '#domain/billing'
import { operationsOn } from '#domain/operations'
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

export interface Given {
  databaseUrl: string
  storageDir: string
}

await serve(async ({ databaseUrl, storageDir }: Given) => {
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
      PUBLIC_URL,
      ALLOWED_ORIGINS: undefined,
      TRUSTED_PROXIES: undefined,
      DEPLOYMENT: 'bench',
      STRIPE_WEBHOOK_SECRET: [],
    },
    log,
    operations: operationsOn({ db, startOrJoinRun: async () => false, cancelRun: async () => false }),
    storage: openDiskStorage(storageDir),
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    billing: billingOn({ db, payments, log }),
    git: aGit({ db }),
    spending: NO_SPENDING_LIMITS,
    livemode: payments.livemode,
    temporalReachable: async () => true,
    now: () => new Date(),
    // one connection calls as often as it can
    limits: noLimits(),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return app.server
})
