import Stripe from 'stripe'

const TOLERANCE_SECONDS = 300

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

/** A webhook that may come from anybody: a bad or stale signature, or no event at all. */
export class WebhookRefused extends Error {
  constructor(why: string) {
    super(`The webhook was refused. ${why}`)
    this.name = 'WebhookRefused'
  }
}

/**
 * A snapshot event whose signature one of the secrets made at most 300 seconds before `receivedAt`, over these very
 * bytes; anything else throws `WebhookRefused`. The payload may be late, double or out of order: a reason to look.
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
    const at = receivedAt.getTime() // milliseconds, other than the tolerance
    return Stripe.webhooks.constructEvent(rawBody, signature, secret, TOLERANCE_SECONDS, undefined, at)
  } catch (e) {
    if (e instanceof Stripe.errors.StripeSignatureVerificationError) return undefined
    throw new WebhookRefused('It is no snapshot event.')
  }
}

/** Signed, and still it may be anything. */
function asPaymentEvent({ id, type, created, data, livemode }: Partial<Stripe.Event>): PaymentEvent {
  if (!id || !type || !created || !data?.object || livemode === undefined)
    throw new WebhookRefused('It is no snapshot event.')
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
