import type { StatedPayment } from '#kernel/stated-payment'
import type { ChargeId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'

/** A card saved at the provider. Its number never reaches us. */
export interface Card {
  id: string
  brand: string
  last4: string
  expMonth: number
  expYear: number
}

/**
 * Parameters of a PaymentIntent. The caller has stored the parameters, so every retry sends the same ones. `currency`
 * is in capitals.
 */
export interface IntentRequest {
  customer: string
  amountMinor: number
  currency: string
  transferGroup: string
  metadata: Record<string, string>
}

export const INTENT_STATUSES = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
  'processing',
  'succeeded',
  'canceled',
] as const

export interface Intent {
  id: string
  status: (typeof INTENT_STATUSES)[number]
  amountMinor: number
  currency: string
  amountReceivedMinor: number
  /** The charge of the last attempt, successful or not. */
  latestCharge: string | undefined
  /** Where the cardholder confirms the payment, while it asks for that. Everybody who has the URL may open it. */
  bankPage: string | undefined
  metadata: Record<string, string>
  lastError: { code: string; declineCode?: string | undefined; adviceCode?: string | undefined } | undefined
}

export type ConfirmAnswer =
  | { kind: 'intent'; intent: Intent }
  | {
      kind: 'declined'
      code: string
      declineCode?: string | undefined
      adviceCode?: string | undefined
    }
  | { kind: 'authentication_required' }

/**
 * `redirect`: the cardholder must open the bank's page at this URL. `refused`: the request was refused, nothing
 * happened.
 */
export type OnSessionAnswer =
  | ConfirmAnswer
  | { kind: 'redirect'; url: string; intent: Intent }
  | { kind: 'refused'; code: string }

export const CARD_SESSION_STATUSES = ['open', 'complete', 'expired'] as const

/** A page of the provider where somebody saves a card. */
export interface CardSession {
  status: (typeof CARD_SESSION_STATUSES)[number]
  /** The saved card, while it is attached to the customer. */
  card: Card | undefined
  customer: string
}

export interface Refund {
  id: string
  /** The number of the request that created it. 0 when it was not created by us. */
  n: number
  status: string
  amountMinor: number
  currency: string
}

/**
 * The payment provider in our own terms. The idempotency key is made only from the id of our object and the number `n`,
 * which is 1 unless given.
 */
export interface Payments {
  /** True when its key moves real money. */
  livemode: boolean
  /** True for an error that leaves the outcome unknown: look it up, then call again. */
  isUnknown: (error: unknown) => boolean
  /** True for an answer that the provider may return again under the same key. */
  isStored: (error: unknown) => boolean
  createCustomer: (wanted: { org: OrgId; n?: number }) => Promise<string>
  attachCard: (wanted: { org: OrgId; customer: string; paymentMethod: string }) => Promise<Card>
  /** `id` is the card's id at the provider. Fails when the card is already detached. */
  detachCard: (wanted: { card: PaymentMethodId; id: string; n?: number }) => Promise<void>
  /** False also for a card that the provider does not know. */
  isCardAttached: (id: string) => Promise<boolean>
  /**
   * `press` identifies one press of the button, and each press opens a new page. `{CHECKOUT_SESSION_ID}` in
   * `successUrl` is replaced by the id. The page is open for 24 hours, to anybody who has its URL.
   */
  createCardSession: (wanted: {
    operation: OperationId
    press: string
    customer: string
    successUrl: string
    cancelUrl: string
  }) => Promise<{ id: string; url: string; expiresAt: Date }>
  getCardSession: (id: string) => Promise<CardSession>
  /**
   * Finds a charge's PaymentIntents by their metadata, newest first: the answer to `createIntent` may have been lost, or
   * may have come late. Looks from 5 minutes before `since`.
   */
  findIntents: (wanted: { charge: ChargeId; customer: string; since: Date }) => Promise<Intent[]>
  /** Payments with this mark in their metadata, from 30 days before a time on. */
  findEarlierIntents: (wanted: { mark: string; customer: string; before: Date }) => Promise<Intent[]>
  /** Creates it unconfirmed, so no money moves. */
  createIntent: (wanted: { charge: ChargeId; request: IntentRequest; n?: number }) => Promise<Intent>
  getIntent: (id: string) => Promise<Intent>
  /** Confirms off-session, with a saved card. */
  confirmIntent: (wanted: Confirmation & { usage: 'unscheduled' | 'recurring' }) => Promise<ConfirmAnswer>
  /**
   * Confirms while the buyer is in the browser. The buyer returns to `returnUrl`; do not trust the query of that URL.
   */
  confirmOnSession: (wanted: Confirmation & { returnUrl: string }) => Promise<OnSessionAnswer>
  cancelIntent: (wanted: { id: string; charge: ChargeId; n?: number }) => Promise<Intent | 'not_cancelable'>
  /** All payments of this deployment. */
  statement: () => Promise<StatedPayment[]>
  listRefunds: (intentId: string) => Promise<Refund[]>
  createRefund: (wanted: {
    id: string
    charge: ChargeId
    amountMinor: number
    n?: number
  }) => Promise<Refund | 'already_refunded'>
}

/** Attempt `n` to collect a charge with the PaymentIntent `id`. */
export interface Confirmation {
  id: string
  charge: ChargeId
  n: number
  paymentMethod: string
}
