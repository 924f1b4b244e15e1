import type { Git } from '#domain/git'
import type { SpendingSettings } from '#domain/spending'
import type { Seller } from '#kernel/seller'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Payments } from '#platform/payments'
import type { Secrets } from '#platform/secrets'

/** The dependencies of the steps. `bin/worker.ts` makes them once. */
export interface Dependencies {
  db: Db
  payments: Payments
  secrets: Secrets
  log: Logger
  publicUrl: string
  feeBasisPoints: number
  spending: SpendingSettings
  /** Whom invoices name as the seller. */
  seller: Seller
  git: Git
  /** How long a story waits for a person to consent at a Git host. */
  gitConsentDays: number
  /** Whether this market approves each application as a vendor at once. Default: no. */
  approvesVendors?: boolean
}
