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

/** The bank wants its cardholder, at this URL; the same PaymentIntent goes on from there. */
export interface Redirect {
  kind: 'redirect'
  url: string
  intent: Intent
}

export const CARD_SESSION_STATUSES = ['open', 'complete', 'expired'] as const

/** A page of the provider where somebody saves a card. */
export interface CardSession {
  status: (typeof CARD_SESSION_STATUSES)[number]
  /** The one that was saved, while it is still the customer's. */
  card: Card | undefined
  customer: string
}

/** What a webhook says has happened: a reason to look, never a fact to act on. */
export interface PaymentEvent {
  id: string
  type: string
  created: Date
  /** Absent for the few objects without one, such as a balance. */
  objectId: string | undefined
  /** As the provider names it: `payment_intent`, `checkout.session`. */
  objectType: string
  metadata: Record<string, string>
  livemode: boolean
}

export interface Refund {
  id: string
  status: string
  amountMinor: number
  currency: string
}

/** The payment provider in our words. Every POST carries the caller's own idempotency key. */
export interface Payments {
  /** Whether its key moves real money. */
  livemode: boolean
  createCustomer: (wanted: { orgId: string; key: string }) => Promise<string>
  attachCard: (wanted: { customer: string; paymentMethod: string; key: string }) => Promise<Card>
  /** Also when it is detached already. */
  detachCard: (id: string, key: string) => Promise<void>
  /** `{CHECKOUT_SESSION_ID}` in `successUrl` becomes the id. Open for 24 hours; the URL lets anybody in. */
  createCardSession: (wanted: {
    customer: string
    successUrl: string
    cancelUrl: string
    metadata: Record<string, string>
    key: string
  }) => Promise<{ id: string; url: string; expiresAt: Date }>
  getCardSession: (id: string) => Promise<CardSession>
  /** The PaymentIntent of a charge whose making got no answer, by its metadata; `since` allows 5 minutes of slack. */
  findIntent: (wanted: { customer: string; chargeId: string; since: Date }) => Promise<Intent | undefined>
  /** Unconfirmed: no money moves. */
  createIntent: (request: IntentRequest, key: string) => Promise<Intent>
  getIntent: (id: string) => Promise<Intent>
  /** Off-session, with a saved card. */
  confirmIntent: (
    id: string,
    how: { paymentMethod: string; usage: 'unscheduled' | 'recurring' },
    key: string,
  ) => Promise<ConfirmAnswer>
  /** With the buyer in the browser, who comes back to `returnUrl` with a query that nobody should trust. */
  confirmOnSession: (
    id: string,
    how: { paymentMethod: string; returnUrl: string },
    key: string,
  ) => Promise<ConfirmAnswer | Redirect>
  cancelIntent: (id: string, key: string) => Promise<Intent | 'not_cancelable'>
  listRefunds: (intentId: string) => Promise<Refund[]>
  createRefund: (
    wanted: { intentId: string; amountMinor: number; metadata: Record<string, string> },
    key: string,
  ) => Promise<Refund | 'already_refunded'>
  /** Of the bytes as they came; throws `WebhookRefused`. */
  readEvent: (
    rawBody: Buffer,
    signature: string,
    secrets: readonly string[],
    receivedAt: Date,
  ) => PaymentEvent
}
