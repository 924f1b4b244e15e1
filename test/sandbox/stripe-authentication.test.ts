import type Stripe from 'stripe'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TEST_CARDS } from '../../sandbox/stripe/cards.ts'
import type { MoneyReport } from '../../sandbox/stripe/money.ts'
import {
  aCardSession,
  aSavedCard,
  aStripe,
  eventsOf,
  type StripeAndSdk,
  submit,
  cardFields,
} from './stripe-sdk.ts'

let setup: StripeAndSdk
let stripe: Stripe
beforeAll(async () => {
  setup = await aStripe()
  stripe = setup.stripe
})
afterAll(() => setup.standIn.stop())
beforeEach(() => setup.sim('reset', {}))
afterEach(async () => {
  expect(await setup.sim('violations')).toEqual({ violations: [] })
})

const ASKS = 'pm_card_authenticationRequired'
const ASKS_THEN_DECLINES = 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'
const return_url = 'http://shop.test/orders/ord_1/back?from=bank'

const offSession = (intent: Stripe.PaymentIntent, card: Stripe.PaymentMethod) =>
  stripe.paymentIntents.confirm(intent.id, { payment_method: card.id, off_session: true })

/** A payment that waits for the buyer on the page of the bank. */
async function waiting(magicId = ASKS) {
  const { intent, card } = await aSavedCard(stripe, magicId)
  const confirmed = await stripe.paymentIntents.confirm(intent.id, { payment_method: card.id, return_url })
  const page = confirmed.next_action?.redirect_to_url?.url ?? ''
  return { intent, card, confirmed, page }
}
const netTaken = async () => (await setup.sim<MoneyReport>('money')).totals.net

describe('a payment that requires authentication', () => {
  test('a payment that requires authentication has a bank page with amount and merchant, if it has a return URL', async () => {
    const { intent, card } = await aSavedCard(stripe, ASKS)
    await expect(offSession(intent, card)).rejects.toMatchObject({ code: 'authentication_required' })
    const without = stripe.paymentIntents.confirm(intent.id, { payment_method: card.id })
    await expect(without).rejects.toMatchObject({ code: 'parameter_missing', param: 'return_url' })
    const confirmed = await stripe.paymentIntents.confirm(intent.id, { payment_method: card.id, return_url })
    const page = `${setup.standIn.url}/3ds/${intent.id}`
    expect(confirmed).toMatchObject({
      status: 'requires_action',
      next_action: { type: 'redirect_to_url', redirect_to_url: { url: page, return_url } },
    })
    const text = await (await fetch(page)).text()
    for (const shown of ['49.00 EUR', 'Packagento', '3184', 'Approve', 'Refuse'])
      expect(text).toContain(shown)
    expect(text).not.toContain('<script')
    expect(await netTaken()).toBe(0)
  })

  test('a payment is paid when the card holder approves it on the bank page', async () => {
    const { intent, page } = await waiting()
    const { status, to } = await submit(page, { decision: 'approve' })
    expect(status).toBe(303)
    const back = new URL(to)
    expect(back.origin + back.pathname).toBe('http://shop.test/orders/ord_1/back')
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      from: 'bank',
      payment_intent: intent.id,
      redirect_status: 'succeeded',
    })
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'succeeded',
      amount_received: 4900,
      next_action: null,
    })
    expect(await netTaken()).toBe(4900)
    expect((await eventsOf(stripe)).slice(-3)).toEqual([
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
    ])
  })

  test('a payment accepts another card after the card holder refused it on the bank page', async () => {
    const { intent, confirmed, page } = await waiting()
    const { to } = await submit(page, { decision: 'refuse' })
    expect(new URL(to).searchParams.get('redirect_status')).toBe('failed')
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      payment_method: null,
      latest_charge: confirmed.latest_charge,
      last_payment_error: { code: 'payment_intent_authentication_failure' },
    })
    expect((await eventsOf(stripe)).at(-1)).toBe('payment_intent.payment_failed')
    expect(await netTaken()).toBe(0)
  })

  test('a payment can be declined after the card holder approved it on the bank page', async () => {
    const { intent, page } = await waiting(ASKS_THEN_DECLINES)
    const { to } = await submit(page, { decision: 'approve' })
    expect(new URL(to).searchParams.get('redirect_status')).toBe('failed')
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({
      status: 'requires_payment_method',
      last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
    })
    expect((await eventsOf(stripe)).slice(-2)).toEqual(['charge.failed', 'payment_intent.payment_failed'])
    expect(await netTaken()).toBe(0)
  })

  test('the bank page has no effect after the payment was approved or cancelled', async () => {
    const paid = await waiting()
    await submit(paid.page, { decision: 'approve' })
    const again = await submit(paid.page, { decision: 'approve' })
    expect(again.text).toContain('approved already')
    expect(again.text).toContain('href="http://shop.test/orders/ord_1/back')
    expect(await netTaken()).toBe(4900)
    const cancelled = await waiting()
    await stripe.paymentIntents.cancel(cancelled.intent.id)
    expect(await (await fetch(cancelled.page)).text()).toContain('cancelled')
    expect((await submit(cancelled.page, { decision: 'approve' })).status).toBe(200)
    expect(await netTaken()).toBe(4900)
  })

  test('the bank page refuses any answer except approve and refuse', async () => {
    const { intent, page } = await waiting()
    expect((await submit(page, { decision: 'maybe' })).status).toBe(400)
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('requires_action')
  })
})

/** The status of an off-session charge, or its decline code. */
async function chargeOf(intent: Stripe.PaymentIntent, card: Stripe.PaymentMethod) {
  return offSession(intent, card).then(
    ({ status }) => status,
    (e: Stripe.errors.StripeCardError) => e.decline_code,
  )
}

describe('a test card', () => {
  const CHARGES: Record<string, string> = {
    '4242': 'succeeded',
    '3155': 'succeeded',
    '3184': 'authentication_required',
    '3178': 'authentication_required',
    '0341': 'generic_decline',
    '7726': 'succeeded',
    '5126': 'succeeded',
  }
  const saved = TEST_CARDS.filter(({ save }) => typeof save !== 'object')
  const refused = TEST_CARDS.filter(({ save }) => typeof save === 'object')

  test.for(saved)(
    'the test card $number is charged in the same way by magic id and by number',
    async ({ number, magicId, last4 }) => {
      const byId = await aSavedCard(stripe, magicId)
      expect(await chargeOf(byId.intent, byId.card)).toBe(CHARGES[last4])
      const { customer, page } = await aCardSession(stripe)
      const { to } = await submit(page, cardFields(number))
      if (to.includes('/3ds/')) await submit(to, { decision: 'approve' })
      const [card] = (await stripe.paymentMethods.list({ customer: customer.id })).data
      const intent = await stripe.paymentIntents.create({
        amount: 500,
        currency: 'eur',
        customer: customer.id,
      })
      expect(card?.card?.last4).toBe(last4)
      expect(card && (await chargeOf(intent, card))).toBe(CHARGES[last4])
    },
  )

  test.for(refused)(
    'the test card $number is refused when it is saved by its magic id',
    async ({ magicId, save }) => {
      await expect(aSavedCard(stripe, magicId)).rejects.toMatchObject({
        statusCode: 402,
        ...(save as object),
      })
    },
  )

  test('the stand-in has all test cards of the design', () => {
    const last4s = TEST_CARDS.map(({ last4 }) => last4).sort()
    const table = '0002 0069 0119 0127 0341 3155 3178 3184 4242 5126 7726 9979 9987 9995'
    expect(last4s.join(' ')).toBe(table)
  })
})

describe('a saved card whose behaviour a test sets', () => {
  const steer = (card: Stripe.PaymentMethod, body: object) => setup.sim(`payment_methods/${card.id}`, body)

  test('a saved card behaves as the test has set it', async () => {
    const { intent, card } = await aSavedCard(stripe, 'pm_card_chargeCustomerFail')
    const lost = { answer: 'decline', decline_code: 'lost_card', advice_code: 'do_not_try_again' }
    await steer(card, lost)
    for (const _ of [1, 2])
      await expect(offSession(intent, card)).rejects.toMatchObject({
        decline_code: 'lost_card',
        advice_code: 'do_not_try_again',
      })
    await steer(card, { answer: 'pm_card_chargeDeclinedExpiredCard' })
    await expect(offSession(intent, card)).rejects.toMatchObject({ code: 'expired_card' })
    await steer(card, { answer: 'authentication_required' })
    expect(await chargeOf(intent, card)).toBe('authentication_required')
    await steer(card, { answer: 'works' })
    expect(await chargeOf(intent, card)).toBe('succeeded')
  })

  test('a saved card cannot be set to an unknown behaviour, and an unknown card cannot be set', async () => {
    const { card } = await aSavedCard(stripe, 'pm_card_visa')
    await expect(steer(card, { answer: 'explode' })).rejects.toThrow('answer')
    await expect(setup.sim('payment_methods/pm_nobody', { answer: 'works' })).rejects.toThrow('nothing')
  })
})
