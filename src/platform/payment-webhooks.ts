import Stripe from 'stripe'

const TOLERANCE_SECONDS = 300

/** An event that a webhook reported. It is only a reason to ask the provider; do not act on its content. */
export interface PaymentEvent {
  id: string
  type: string
  created: Date
  /** Absent for the few objects without an id, such as a balance. */
  objectId: string | undefined
  /** As the provider names it: `payment_intent`, `checkout.session`. */
  objectType: string
  metadata: Record<string, string>
  livemode: boolean
}

/** The webhook cannot be trusted: its signature is wrong or stale, or its body is not an event. */
export class WebhookRefused extends Error {
  constructor(why: string) {
    super(`The webhook was refused. ${why}`)
    this.name = 'WebhookRefused'
  }
}

/**
 * Returns the snapshot event, when one of the secrets signed exactly these bytes at most 300 seconds before `receivedAt`.
 * Throws `WebhookRefused` for anything else. An event may be late, duplicated or out of order.
 */
export function readEvent(
  rawBody: Buffer,
  signature: string,
  secrets: readonly string[],
  receivedAt: Date,
): PaymentEvent {
  for (const secret of secrets) {
    const event = signedWith(secret, rawBody, signature, receivedAt)
    if (event) return asPaymentEvent(event as Partial<Stripe.Event>)
  }
  throw new WebhookRefused('Its signature is wrong or too old.')
}

function signedWith(
  secret: string,
  rawBody: Buffer,
  signature: string,
  receivedAt: Date,
): Stripe.Event | undefined {
  try {
    const at = receivedAt.getTime() // in milliseconds, while the tolerance is in seconds
    return Stripe.webhooks.constructEvent(rawBody, signature, secret, TOLERANCE_SECONDS, undefined, at)
  } catch (e) {
    if (e instanceof Stripe.errors.StripeSignatureVerificationError) return undefined
    throw new WebhookRefused('It is not a snapshot event.')
  }
}

/** Checks the shape, because a signed body may still be anything. */
function asPaymentEvent({ id, type, created, data, livemode }: Partial<Stripe.Event>): PaymentEvent {
  if (!id || !type || !created || !data?.object || livemode === undefined)
    throw new WebhookRefused('It is not a snapshot event.')
  const object = data.object as { id?: string; object: string; metadata?: Record<string, string> | null }
  return {
    id,
    type,
    created: new Date(created * 1000),
    objectId: object.id,
    objectType: object.object,
    metadata: object.metadata ?? {},
    livemode,
  }
}
