import type { ChargeId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { IntentSeen } from './next-move.ts'

/** What the doors need of the payment provider. It takes no money off-session. */
export interface PaymentProvider {
  /** Whether an error of these calls leaves open what happened. */
  isUnknown: (error: unknown) => boolean
  getIntent: (id: string) => Promise<IntentSeen>
  confirmOnSession: (wanted: {
    id: string
    charge: ChargeId
    n: number
    paymentMethod: string
    returnUrl: string
  }) => Promise<OnSessionAnswer>
  createCustomer: (wanted: { org: OrgId }) => Promise<string>
  createCardSession: (wanted: {
    operation: OperationId
    press: string
    customer: string
    successUrl: string
    cancelUrl: string
  }) => Promise<{ id: string; url: string; expiresAt: Date }>
  detachCard: (wanted: { card: PaymentMethodId; id: string }) => Promise<void>
}

type OnSessionAnswer =
  | { kind: 'redirect'; url: string }
  | { kind: 'refused'; code: string }
  | { kind: 'intent' | 'declined' | 'authentication_required' }

export interface BillingLog {
  warn: (about: object, message: string) => void
  error: (about: object, message: string) => void
}

export interface BillingOptions {
  db: Db
  payments: PaymentProvider
  log: BillingLog
}
