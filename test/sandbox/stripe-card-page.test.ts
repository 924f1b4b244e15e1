import type Stripe from 'stripe'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aCardSession, aStripe, eventsOf, type StripeAndSdk, submit, typed } from './stripe-sdk.ts'

let own: StripeAndSdk
let stripe: Stripe
beforeAll(async () => {
  own = await aStripe()
  stripe = own.stripe
})
afterAll(() => own.standIn.stop())
beforeEach(() => own.sim('reset', {}))
afterEach(async () => {
  expect(await own.sim('violations')).toEqual({ violations: [] })
})

const WANTED = {
  mode: 'setup',
  success_url: 'http://shop.test/ok',
  cancel_url: 'http://shop.test/no',
  currency: 'eur',
} as const
const create = async (params: object) => {
  const customer = (await stripe.customers.create({})).id
  return stripe.checkout.sessions.create({ ...WANTED, customer, ...params })
}
const sessionOf = (id: string) =>
  stripe.checkout.sessions.retrieve(id, { expand: ['setup_intent.payment_method'] })

describe('a Checkout Session in setup mode', () => {
  test('is open with a page of its own, and can be listed and expired', async () => {
    const { customer, session } = await aCardSession(stripe)
    expect(session).toMatchObject({
      status: 'open',
      customer: customer.id,
      payment_status: 'no_payment_required',
    })
    expect(session.url).toBe(`${own.standIn.url}/pay/${session.id}`)
    expect(session.expires_at - session.created).toBe(24 * 60 * 60)
    const listed = await stripe.checkout.sessions.list({ customer: customer.id, status: 'open' })
    expect(listed.data.map(({ id }) => id)).toEqual([session.id])
    const setups = await stripe.setupIntents.list({ customer: customer.id })
    expect(setups.data).toMatchObject([{ status: 'requires_payment_method', metadata: { org_id: 'org_1' } }])
    expect(await stripe.checkout.sessions.expire(session.id)).toMatchObject({ status: 'expired', url: null })
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 })
  })

  test.for([
    [{ sucess_url: 'http://shop.test' }, 'parameter_unknown', 'sucess_url'],
    [{ setup_intent_data: { metdata: { a: '1' } } }, 'parameter_unknown', 'setup_intent_data[metdata]'],
    [{ customer: undefined }, 'parameter_missing', 'customer'],
    [{ success_url: undefined }, 'parameter_missing', 'success_url'],
    [{ cancel_url: undefined }, 'parameter_missing', 'cancel_url'],
    [{ currency: undefined }, 'parameter_missing', 'currency'],
    [{ payment_method_types: ['card'] }, 'payment_method_types_no_longer_supported', 'payment_method_types'],
    [{ success_url: 'javascript:alert(1)' }, 'url_invalid', 'success_url'],
    [{ mode: 'setupp' }, undefined, 'mode'],
    [{ expires_at: 1 }, undefined, 'expires_at'],
  ] as const)('is refused with %j', async ([params, code, param]) => {
    await expect(create(params)).rejects.toMatchObject({ statusCode: 400, code, param })
  })

  test('is refused with a misspelt parameter in the other calls, too', async () => {
    const { session } = await aCardSession(stripe)
    const unknown = { code: 'parameter_unknown', param: 'wrong' }
    const wrong = { wrong: '1' } as object
    await expect(stripe.checkout.sessions.retrieve(session.id, wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.checkout.sessions.list(wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.checkout.sessions.expire(session.id, wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.setupIntents.list(wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.setupIntents.retrieve('seti_1', wrong)).rejects.toMatchObject(unknown)
  })

  test('expires after 24 hours by the clock, and its page says so', async () => {
    const { customer, session, page } = await aCardSession(stripe)
    await own.sim('clock', { advance: 24 * 60 * 60 - 60 })
    expect((await fetch(page)).status).toBe(200)
    await own.sim('clock', { advance: 60 })
    expect(await eventsOf(stripe)).toContain('checkout.session.expired')
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'expired',
      setup_intent: { status: 'canceled' },
    })
    const late = await submit(page, typed('4242424242424242'))
    expect(late.status).toBe(410)
    expect(late.text).toContain('expired')
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
  })
})

describe('the card page', () => {
  test('is a form that works without a script, with the test cards and a way back', async () => {
    const { page } = await aCardSession(stripe)
    const text = await (await fetch(page)).text()
    expect(text).toContain('<label for="number">')
    expect(text).toContain('href="http://shop.test/cards"')
    expect(text).toContain('4000 0000 0000 0341')
    expect(text).not.toContain('<script')
    const chosen = await (await fetch(`${page}?card=4000002760003184`)).text()
    expect(chosen).toContain('value="4000 0027 6000 3184"')
  })

  test('saves a card that is typed with spaces, says so in order, and leads back', async () => {
    const { customer, session, page } = await aCardSession(stripe)
    const { status, to } = await submit(page, {
      number: ' 4242 4242 4242 4242 ',
      expiry: '1 / 2031',
      cvc: '999',
    })
    expect([status, to]).toEqual([303, `http://shop.test/cards?session=${session.id}`])
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'complete',
      url: null,
      setup_intent: {
        status: 'succeeded',
        payment_method: { customer: customer.id, card: { last4: '4242', exp_month: 1, exp_year: 2031 } },
      },
    })
    expect(await eventsOf(stripe)).toEqual([
      'setup_intent.created',
      'payment_method.attached',
      'setup_intent.succeeded',
      'checkout.session.completed',
    ])
    const again = await submit(page, typed('4242424242424242'))
    expect(again.text).toContain('Your card is saved')
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1)
  })

  test.for([
    [{ number: '5555 5555 5555 4444' }, 'not one of the test cards'],
    [{ number: '' }, 'Enter the number of a test card'],
    [{ expiry: '13/34' }, 'Enter month and year'],
    [{ expiry: '01/20' }, 'in the past'],
    [{ cvc: '12' }, 'three digits'],
  ] as const)(
    'says what is wrong with %j, and does not show an unknown number again',
    async ([wrong, sentence]) => {
      const { session, page } = await aCardSession(stripe)
      const answer = await submit(page, { ...typed('4242424242424242'), ...wrong })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain(sentence)
      expect(answer.text).toContain('aria-invalid="true"')
      expect(answer.text).not.toContain('5555 5555')
      expect(await sessionOf(session.id)).toMatchObject({ status: 'open' })
    },
  )

  test('takes a card to the end of its last month', async () => {
    const { page } = await aCardSession(stripe)
    const now = new Date()
    const month = `${now.getUTCMonth() + 1}/${now.getUTCFullYear()}`
    expect((await submit(page, { ...typed('4242424242424242'), expiry: month })).status).toBe(303)
  })

  test('shows what is typed as text', async () => {
    const { page } = await aCardSession(stripe)
    const { text } = await submit(page, { ...typed('4242424242424242'), expiry: '"><b>x' })
    expect(text).not.toContain('<b>x')
  })

  test.for([
    ['4000000000000002', 'generic_decline', 'Your card was declined.'],
    ['4000000000009995', 'insufficient_funds', 'insufficient funds'],
    ['4000000000009987', 'lost_card', 'Your card was declined.'],
    ['4000000000009979', 'stolen_card', 'Your card was declined.'],
    ['4000000000000069', 'expired_card', 'has expired'],
    ['4000000000000127', 'incorrect_cvc', 'security code is incorrect'],
    ['4000000000000119', 'processing_error', 'could not be processed'],
  ] as const)('refuses %s as %s and stays open for another', async ([number, decline_code, sentence]) => {
    const { session, page } = await aCardSession(stripe)
    const refused = await submit(page, typed(number))
    expect(refused.status).toBe(402)
    expect(refused.text).toContain(sentence)
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'open',
      setup_intent: { status: 'requires_payment_method', last_setup_error: { decline_code } },
    })
    expect(await eventsOf(stripe)).toContain('setup_intent.setup_failed')
    expect((await submit(page, typed('4242424242424242'))).status).toBe(303)
  })
})

describe('a card whose bank asks when it is saved', () => {
  test.for(['4000002500003155', '4000002760003184', '4000008260003178'])(
    '%s is saved once its holder approves',
    async (number) => {
      const { customer, session, page } = await aCardSession(stripe)
      const asked = await submit(page, typed(number))
      expect(asked.to).toBe(`${own.standIn.url}/3ds/${session.setup_intent as string}`)
      expect(await sessionOf(session.id)).toMatchObject({
        status: 'open',
        setup_intent: { status: 'requires_action' },
      })
      expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
      expect(await (await fetch(asked.to)).text()).toContain(number.slice(-4))
      const approved = await submit(asked.to, { decision: 'approve' })
      expect(approved.to).toBe(`http://shop.test/cards?session=${session.id}`)
      expect(await sessionOf(session.id)).toMatchObject({
        status: 'complete',
        setup_intent: { status: 'succeeded' },
      })
      expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1)
    },
  )

  test('is not saved when its holder refuses; the card page says so and takes another', async () => {
    const { customer, session, page } = await aCardSession(stripe)
    const { to } = await submit(page, typed('4000002760003184'))
    expect((await submit(to, { decision: 'refuse' })).to).toBe(page)
    expect(await (await fetch(page)).text()).toContain('could not confirm that it was you')
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'open',
      setup_intent: { last_setup_error: { code: 'setup_intent_authentication_failure' } },
    })
    expect((await submit(to, { decision: 'approve' })).text).toContain('not waiting for you any more')
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
    expect((await submit(page, typed('4242424242424242'))).status).toBe(303)
  })
})

test('a link to nowhere is a page that says so', async () => {
  for (const path of ['pay/cs_test_x', '3ds/pi_x', '3ds/seti_x'])
    expect((await fetch(`${own.standIn.url}/${path}`)).status).toBe(404)
})
