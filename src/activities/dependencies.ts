import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Payments } from '#platform/payments'
import type { Secrets } from '#platform/secrets'

/** What the steps work with, given once by `bin/worker.ts`. */
export interface Dependencies {
  db: Db
  payments: Payments
  secrets: Secrets
  log: Logger
  publicUrl: string
  feeBasisPoints: number
}
