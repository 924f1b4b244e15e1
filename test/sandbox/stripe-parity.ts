import type Stripe from 'stripe'

/** A call of the SDK that has to have the same outcome wherever it is made. */
export interface ParityCase {
  name: string
  /** Makes what it needs. A stateless server makes anything of any id. */
  call: (stripe: Stripe) => Promise<unknown>
  /** The status of the refusal. Default: the call is answered. */
  refused?: 400 | 401 | 404
  /** Why `stripe-mock` answers in another way. */
  notOnTheMock?: string
}

const STATELESS = 'it keeps no state'
const PAGES = { success_url: 'http://shop.test/cards', cancel_url: 'http://shop.test' }

async function aCustomer(stripe: Stripe) {
  const customer = await stripe.customers.create({ metadata: { org_id: 'org_1' } })
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  return { customer, card }
}

async function aPayment(stripe: Stripe, more: object = {}) {
  const { customer, card } = await aCustomer(stripe)
  const intent = await stripe.paymentIntents.create({
    amount: 1900,
    currency: 'eur',
    customer: customer.id,
    transfer_group: 'line_1',
    allowed_payment_method_types: ['card'],
    metadata: { charge_id: 'chg_1' },
    ...more,
  })
  const confirm = () =>
    stripe.paymentIntents.confirm(intent.id, {
      payment_method: card.id,
      off_session: true,
      payment_method_options: { card: { stored_credential_usage: 'unscheduled' } },
    })
  return { customer, card, intent, confirm }
}

async function aRefund(stripe: Stripe) {
  const { intent, confirm } = await aPayment(stripe)
  await confirm()
  const refund = { payment_intent: intent.id, amount: 900, metadata: { charge_id: 'chg_1' } }
  return { payment: intent.id, refund: await stripe.refunds.create(refund) }
}

async function aCardPage(
  stripe: Stripe,
  how: Partial<Stripe.Checkout.SessionCreateParams> = { currency: 'eur' },
) {
  const { customer } = await aCustomer(stripe)
  const metadata = { operation_id: 'op_1' }
  return stripe.checkout.sessions.create({
    mode: 'setup',
    customer: customer.id,
    ...PAGES,
    ...how,
    metadata,
    setup_intent_data: { metadata },
  })
}

const asParams = <T>(params: object) => params as T
type IntentParams = Stripe.PaymentIntentCreateParams

/** All calls that `src/platform` makes, and refusals that it relies on. */
const PARITY: readonly ParityCase[] = [
  { name: 'a customer', call: async (stripe) => (await aCustomer(stripe)).customer },
  { name: 'a saved card', call: async (stripe) => (await aCustomer(stripe)).card },
  {
    name: 'a detached card',
    call: async (stripe) => stripe.paymentMethods.detach((await aCustomer(stripe)).card.id),
  },
  {
    name: 'a card that is read',
    call: async (stripe) => stripe.paymentMethods.retrieve((await aCustomer(stripe)).card.id),
  },
  { name: 'a card page', call: (stripe) => aCardPage(stripe) },
  {
    name: 'a card page for the methods that we allow',
    notOnTheMock: 'its specification is older than this parameter',
    call: (stripe) => aCardPage(stripe, { allowed_payment_method_types: ['card'] }),
  },
  {
    name: 'a card page that is read',
    call: async (stripe) =>
      stripe.checkout.sessions.retrieve((await aCardPage(stripe)).id, {
        expand: ['setup_intent.payment_method'],
      }),
  },
  { name: 'a payment', call: async (stripe) => (await aPayment(stripe)).intent },
  {
    name: 'a payment that is read',
    call: async (stripe) => stripe.paymentIntents.retrieve((await aPayment(stripe)).intent.id),
  },
  {
    name: 'the payments of a customer',
    call: async (stripe) =>
      stripe.paymentIntents.list({
        customer: (await aPayment(stripe)).customer.id,
        created: { gte: 1 },
        limit: 100,
      }),
  },
  { name: 'a confirmed payment', call: async (stripe) => (await aPayment(stripe)).confirm() },
  {
    name: 'a payment that is confirmed with its cardholder',
    call: async (stripe) => {
      const { intent, card } = await aPayment(stripe)
      const how = { payment_method: card.id, return_url: 'http://shop.test/return' }
      return stripe.paymentIntents.confirm(intent.id, how)
    },
  },
  {
    name: 'a cancelled payment',
    call: async (stripe) => stripe.paymentIntents.cancel((await aPayment(stripe)).intent.id),
  },
  { name: 'a refund', call: async (stripe) => (await aRefund(stripe)).refund },
  {
    name: 'the refunds of a payment',
    call: async (stripe) =>
      stripe.refunds.list({ payment_intent: (await aRefund(stripe)).payment, limit: 100 }),
  },
  {
    name: 'the charges of a payment',
    call: async (stripe) => {
      const { intent, confirm } = await aPayment(stripe)
      await confirm()
      return stripe.charges.list({ payment_intent: intent.id })
    },
  },
  { name: 'the events', call: (stripe) => stripe.events.list({ limit: 1 }) },
  {
    name: 'a misspelt parameter',
    refused: 400,
    call: (stripe) =>
      stripe.paymentIntents.create(asParams<IntentParams>({ amount: 500, currency: 'eur', ammount: 500 })),
  },
  {
    name: 'a missing parameter',
    refused: 400,
    call: (stripe) => stripe.paymentIntents.create(asParams<IntentParams>({ currency: 'eur' })),
  },
  {
    name: 'a value that is not in the enumeration',
    refused: 400,
    call: (stripe) => aPayment(stripe, { capture_method: 'later' }),
  },
  {
    name: 'a misspelt parameter in another',
    refused: 400,
    notOnTheMock: 'it does not check parameters of parameters',
    call: (stripe) => aPayment(stripe, { payment_method_options: { card: { stored_credential: 'x' } } }),
  },
  {
    name: 'an amount below the least one',
    refused: 400,
    notOnTheMock: 'it knows no money',
    call: (stripe) => aPayment(stripe, { amount: 20 }),
  },
  {
    name: 'metadata with 51 keys',
    refused: 400,
    notOnTheMock: 'it knows no limits',
    call: (stripe) =>
      stripe.customers.create({
        metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, 'v'])),
      }),
  },
  {
    name: 'a second confirmation of a paid payment',
    refused: 400,
    notOnTheMock: STATELESS,
    call: async (stripe) => {
      const { confirm } = await aPayment(stripe)
      await confirm()
      return confirm()
    },
  },
  {
    name: 'an object that nobody made',
    refused: 404,
    notOnTheMock: STATELESS,
    call: (stripe) => stripe.paymentIntents.retrieve('pi_of_nobody'),
  },
  {
    name: 'a path that does not exist',
    refused: 404,
    call: (stripe) => stripe.rawRequest('GET', '/v1/payment_intentions'),
  },
]

export const ANSWERED = PARITY.filter(({ refused }) => refused === undefined)
export const REFUSED = PARITY.filter(({ refused }) => refused !== undefined)

/** The answer, or the status of the refusal. */
export const outcomeOf = (stripe: Stripe, { call }: ParityCase): Promise<unknown> =>
  call(stripe).catch((error: Stripe.errors.StripeError) => {
    if (error.statusCode === undefined) throw error
    return error.statusCode
  })

/**
 * Where the shape of an answer is not that of another one, by path. Fields that only the other one has do not count:
 * they are optional. Nothing can be said about null and about an empty list.
 */
export function misshapen(ours: unknown, theirs: unknown, path = ''): string[] {
  if (ours === null || theirs === null) return []
  if (kindOf(ours) !== kindOf(theirs)) return [`${path}: ${kindOf(ours)}, not ${kindOf(theirs)}`]
  if (Array.isArray(ours) && Array.isArray(theirs))
    return ours.length && theirs.length ? misshapen(ours[0], theirs[0], `${path}[]`) : []
  if (kindOf(ours) !== 'object' || /(^|\.)metadata$|data\[\]\.data\.object$/.test(path)) return []
  return Object.entries(ours as object).flatMap(([key, value]) => {
    const at = path ? `${path}.${key}` : key
    return Object.hasOwn(theirs as object, key)
      ? misshapen(value, (theirs as Record<string, unknown>)[key], at)
      : [`${at}: unknown there`]
  })
}

const kindOf = (value: unknown) => (Array.isArray(value) ? 'list' : typeof value)
