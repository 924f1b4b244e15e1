import Stripe from 'stripe'
import { startStripe, type StripeStandIn } from '../../sandbox/stripe/index.ts'
import { SCHEMA_CACHE, TEST_KEY } from '../support/a-bank.ts'

export interface StripeAndSdk {
  standIn: StripeStandIn
  stripe: Stripe
  /** Calls a control route of the stand-in. Returns its JSON response. */
  sim: <T = Record<string, unknown>>(path: string, body?: object) => Promise<T>
}

export const sdkAt = ({ port }: StripeStandIn, key = TEST_KEY) =>
  new Stripe(key, { host: '127.0.0.1', port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 })

/** A stand-in in memory, and the real SDK connected to it. */
export async function aStripe(): Promise<StripeAndSdk> {
  const standIn = await startStripe({ schemaCache: SCHEMA_CACHE })
  async function sim<T>(path: string, body?: object): Promise<T> {
    const post = body && { method: 'POST', body: JSON.stringify(body) }
    const response = await fetch(`${standIn.url}/_sim/${path}`, post)
    if (!response.ok) throw new Error(await response.text())
    return (await response.json()) as T
  }
  return { standIn, stripe: sdkAt(standIn), sim }
}

/** Submits a form as a browser without JavaScript does. Redirects are returned, not followed. */
export async function submit(url: string, fields: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  return { status: response.status, to: response.headers.get('location') ?? '', text: await response.text() }
}

export const cardFields = (number: string) => ({ number, expiry: '12/34', cvc: '123' })

export async function aCardSession(stripe: Stripe) {
  const customer = await stripe.customers.create({})
  const session = await stripe.checkout.sessions.create({
    mode: 'setup',
    customer: customer.id,
    success_url: 'http://shop.test/cards?session={CHECKOUT_SESSION_ID}',
    cancel_url: 'http://shop.test/cards',
    allowed_payment_method_types: ['card'],
    metadata: { org_id: 'org_1' },
    setup_intent_data: { metadata: { org_id: 'org_1' } },
  })
  return { customer, session, page: session.url ?? '' }
}

/** A card that is saved by its magic id, without the card page. */
export async function aSavedCard(stripe: Stripe, magicId: string) {
  const customer = await stripe.customers.create({})
  const card = await stripe.paymentMethods.attach(magicId, { customer: customer.id })
  const intent = await stripe.paymentIntents.create({
    amount: 4900,
    currency: 'eur',
    customer: customer.id,
    allowed_payment_method_types: ['card'],
  })
  return { customer, card, intent }
}

export async function eventsOf(stripe: Stripe): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 })
  return data.map(({ type }) => type).reverse()
}
