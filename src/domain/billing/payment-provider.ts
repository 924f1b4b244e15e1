import type { ChargeId, LineId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { IntentSeen } from './moves.ts'

/** The part of the payment provider that the doors need. This part cannot charge a card without the cardholder. */
export interface PaymentProvider {
  /** Whether the outcome is unknown after this error. */
  isUnknown: (error: unknown) => boolean
  /** Whether the provider may return this error again under the same key. */
  isStored: (error: unknown) => boolean
  getIntent: (id: string) => Promise<IntentSeen>
  confirmOnSession: (wanted: {
    id: string
    charge: ChargeId
    n: number
    paymentMethod: string
    returnUrl: string
  }) => Promise<OnSessionAnswer>
  createCustomer: (wanted: { org: OrgId; n?: number }) => Promise<string>
  createCardSession: (wanted: {
    operation: OperationId
    /** A random id for one press of the button: each press opens a new page. */
    press: string
    customer: string
    successUrl: string
    cancelUrl: string
  }) => Promise<{ id: string; url: string; expiresAt: Date }>
  detachCard: (wanted: { card: PaymentMethodId; id: string; n?: number }) => Promise<void>
  isCardAttached: (id: string) => Promise<boolean>
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
  /** Refuses a waiting purchase that is no longer allowed. The rule belongs to `orders`. */
  recheck: (purchase: { operationId: OperationId; line: LineId; at: Date }) => Promise<void>
  log: BillingLog
}
