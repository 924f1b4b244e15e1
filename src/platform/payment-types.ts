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

export interface Refund {
  id: string
  status: string
  amountMinor: number
  currency: string
}

/** The payment provider in our words. Every POST carries the caller's own idempotency key. */
export interface Payments {
  createCustomer: (wanted: { orgId: string; key: string }) => Promise<string>
  attachCard: (wanted: { customer: string; paymentMethod: string; key: string }) => Promise<Card>
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
  cancelIntent: (id: string, key: string) => Promise<Intent | 'not_cancelable'>
  listRefunds: (intentId: string) => Promise<Refund[]>
  createRefund: (
    wanted: { intentId: string; amountMinor: number; metadata: Record<string, string> },
    key: string,
  ) => Promise<Refund | 'already_refunded'>
}
