import type { ChargeId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'

/** A card saved at the provider; numbers never reach us. */
export interface Card {
  id: string
  brand: string
  last4: string
  expMonth: number
  expYear: number
}

/** Parameters of a PaymentIntent, frozen by the caller. `currency` is ours, in capitals. */
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
  /** Of the last attempt, whatever came of it. */
  latestCharge: string | undefined
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

/** `redirect`: the bank wants its cardholder at this URL. `refused`: a definite no to the request, nothing happened. */
export type OnSessionAnswer =
  ConfirmAnswer | { kind: 'redirect'; url: string; intent: Intent } | { kind: 'refused'; code: string }

export const CARD_SESSION_STATUSES = ['open', 'complete', 'expired'] as const

/** A page of the provider where somebody saves a card. */
export interface CardSession {
  status: (typeof CARD_SESSION_STATUSES)[number]
  /** The one that was saved, while it is still the customer's. */
  card: Card | undefined
  customer: string
}

export interface Refund {
  id: string
  status: string
  amountMinor: number
  currency: string
}

/**
 * The payment provider in our words. Whoever calls names the object of ours that a request is for, and `n` where it may
 * be sent more than once; the idempotency key is made of these alone.
 */
export interface Payments {
  /** Whether its key moves real money. */
  livemode: boolean
  /** Whether an error of these calls leaves open what happened: look, then ask again. */
  isUnknown: (error: unknown) => boolean
  createCustomer: (wanted: { org: OrgId }) => Promise<string>
  attachCard: (wanted: { org: OrgId; customer: string; paymentMethod: string }) => Promise<Card>
  /** `id` is the card's at the provider. Also when it is detached already. */
  detachCard: (wanted: { card: PaymentMethodId; id: string }) => Promise<void>
  /**
   * `press` names one press of the button: each opens a page of its own. `{CHECKOUT_SESSION_ID}` in `successUrl` becomes
   * the id. Open for 24 hours; the URL lets anybody in.
   */
  createCardSession: (wanted: {
    operation: OperationId
    press: string
    customer: string
    successUrl: string
    cancelUrl: string
  }) => Promise<{ id: string; url: string; expiresAt: Date }>
  getCardSession: (id: string) => Promise<CardSession>
  /** The PaymentIntent of a charge whose making got no answer, by its metadata; `since` allows 5 minutes of slack. */
  findIntent: (wanted: { charge: ChargeId; customer: string; since: Date }) => Promise<Intent | undefined>
  /** Unconfirmed: no money moves. */
  createIntent: (wanted: { charge: ChargeId; request: IntentRequest }) => Promise<Intent>
  getIntent: (id: string) => Promise<Intent>
  /** Off-session, with a saved card. */
  confirmIntent: (wanted: Confirmation & { usage: 'unscheduled' | 'recurring' }) => Promise<ConfirmAnswer>
  /** With the buyer in the browser, who comes back to `returnUrl` with a query that nobody should trust. */
  confirmOnSession: (wanted: Confirmation & { returnUrl: string }) => Promise<OnSessionAnswer>
  cancelIntent: (wanted: { id: string; charge: ChargeId }) => Promise<Intent | 'not_cancelable'>
  listRefunds: (intentId: string) => Promise<Refund[]>
  createRefund: (wanted: {
    id: string
    charge: ChargeId
    amountMinor: number
  }) => Promise<Refund | 'already_refunded'>
}

/** Attempt `n` to collect a charge by the PaymentIntent `id`. */
export interface Confirmation {
  id: string
  charge: ChargeId
  n: number
  paymentMethod: string
}
