import type { ChargeId, CustomerId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type CardChange, makeCardDefault, removeCard } from './change-cards.ts'
import { PaymentProviderAway } from './errors.ts'
import type { IntentSeen } from './next-move.ts'
import { openBankPage } from './open-bank-page.ts'
import { openCardPage } from './open-card-page.ts'

/** What a person at a door may do about paying. Who may do it is the door's question. */
export interface Billing {
  /**
   * The bank's page where the cardholder confirms what an operation charges now; nothing when there is nothing to
   * confirm. Its page is the same until the cardholder answers. Refuses `payment_cannot_be_confirmed`, and
   * `payment_provider_away` when the provider gave no answer.
   */
  openBankPage: (wanted: BankPage) => Promise<string | undefined>
  /** A new page of the provider where somebody saves a card for the org. Refuses `payment_provider_away`. */
  openCardPage: (wanted: CardPage) => Promise<string>
  /** From now on it is charged unless a purchase names another one. Refuses as `findPaymentMethod`. */
  makeCardDefault: (change: CardChange) => Promise<void>
  /** Never charged again from now on, also when the provider cannot be told. Refuses `payment_method_not_found`. */
  removeCard: (change: CardChange) => Promise<void>
}

export interface BankPage {
  operation: OperationId
  /** Where the bank sends the cardholder, with a query that nobody should trust. */
  returnUrl: string
  at: Date
}

export interface CardPage {
  operation: OperationId
  org: OrgId
  openedBy: CustomerId
  /** Where the provider sends the person whose card is saved, and the person who turned back. */
  successUrl: string
  cancelUrl: string
  at: Date
}

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

export function billingOn(options: BillingOptions): Billing {
  const { isUnknown } = options.payments
  const orAway = <T>(page: Promise<T>): Promise<T> =>
    page.catch((error: unknown) => {
      throw isUnknown(error) ? new PaymentProviderAway(error) : error
    })
  return {
    openBankPage: (wanted) => orAway(openBankPage(options, wanted)),
    openCardPage: (wanted) => orAway(openCardPage(options, wanted)),
    makeCardDefault: (change) => makeCardDefault(options.db, change),
    removeCard: (change) => removeCard(options, change),
  }
}
