import type Stripe from 'stripe'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aCardSession, aStripe, eventsOf, type StripeAndSdk, submit, cardFields } from './stripe-sdk.ts'

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

const SESSION = {
  mode: 'setup',
  success_url: 'http://shop.test/ok',
  cancel_url: 'http://shop.test/no',
  currency: 'eur',
} as const
const create = async (params: object) => {
  const customer = (await stripe.customers.create({})).id
  return stripe.checkout.sessions.create({ ...SESSION, customer, ...params })
}
const sessionOf = (id: string) =>
  stripe.checkout.sessions.retrieve(id, { expand: ['setup_intent.payment_method'] })

describe('a Checkout Session in setup mode', () => {
  test('a new Checkout Session is open and has a page, and can be listed and expired', async () => {
    const { customer, session } = await aCardSession(stripe)
    expect(session).toMatchObject({
      status: 'open',
      customer: customer.id,
      payment_status: 'no_payment_required',
    })
    expect(session.url).toBe(`${setup.standIn.url}/pay/${session.id}`)
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
  ] as const)('a Checkout Session is refused with %j', async ([params, code, param]) => {
    await expect(create(params)).rejects.toMatchObject({ statusCode: 400, code, param })
  })

  test('a misspelt parameter is refused in every call about a Checkout Session or a SetupIntent', async () => {
    const { session } = await aCardSession(stripe)
    const unknown = { code: 'parameter_unknown', param: 'wrong' }
    const wrong = { wrong: '1' } as object
    await expect(stripe.checkout.sessions.retrieve(session.id, wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.checkout.sessions.list(wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.checkout.sessions.expire(session.id, wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.setupIntents.list(wrong)).rejects.toMatchObject(unknown)
    await expect(stripe.setupIntents.retrieve('seti_1', wrong)).rejects.toMatchObject(unknown)
  })

  test('a Checkout Session expires 24 hours after its creation, and its page shows this', async () => {
    const { customer, session, page } = await aCardSession(stripe)
    await setup.sim('clock', { advance: 24 * 60 * 60 - 60 })
    expect((await fetch(page)).status).toBe(200)
    await setup.sim('clock', { advance: 60 })
    expect(await eventsOf(stripe)).toContain('checkout.session.expired')
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'expired',
      setup_intent: { status: 'canceled' },
    })
    const late = await submit(page, cardFields('4242424242424242'))
    expect(late.status).toBe(410)
    expect(late.text).toContain('expired')
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
  })
})

describe('the card page', () => {
  test('the card page is a form without scripts that lists the test cards and links back', async () => {
    const { page } = await aCardSession(stripe)
    const text = await (await fetch(page)).text()
    expect(text).toContain('<label for="number">')
    expect(text).toContain('href="http://shop.test/cards"')
    expect(text).toContain('4000 0000 0000 0341')
    expect(text).not.toContain('<script')
    const chosen = await (await fetch(`${page}?card=4000002760003184`)).text()
    expect(chosen).toContain('value="4000 0027 6000 3184"')
  })

  test('the card page accepts a number with spaces, sends its events in order, and redirects back', async () => {
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
    const again = await submit(page, cardFields('4242424242424242'))
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
    'the card page explains the error in %j, and does not show an unknown number again',
    async ([wrong, sentence]) => {
      const { session, page } = await aCardSession(stripe)
      const answer = await submit(page, { ...cardFields('4242424242424242'), ...wrong })
      expect(answer.status).toBe(400)
      expect(answer.text).toContain(sentence)
      expect(answer.text).toContain('aria-invalid="true"')
      expect(answer.text).not.toContain('5555 5555')
      expect(await sessionOf(session.id)).toMatchObject({ status: 'open' })
    },
  )

  test('the card page accepts a card until the end of its last month', async () => {
    const { page } = await aCardSession(stripe)
    const now = new Date()
    const month = `${now.getUTCMonth() + 1}/${now.getUTCFullYear()}`
    expect((await submit(page, { ...cardFields('4242424242424242'), expiry: month })).status).toBe(303)
  })

  test('the card page escapes the input that it shows', async () => {
    const { page } = await aCardSession(stripe)
    const { text } = await submit(page, { ...cardFields('4242424242424242'), expiry: '"><b>x' })
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
  ] as const)(
    'the card page refuses the card %s with %s and accepts another card',
    async ([number, decline_code, sentence]) => {
      const { session, page } = await aCardSession(stripe)
      const refused = await submit(page, cardFields(number))
      expect(refused.status).toBe(402)
      expect(refused.text).toContain(sentence)
      expect(await sessionOf(session.id)).toMatchObject({
        status: 'open',
        setup_intent: { status: 'requires_payment_method', last_setup_error: { decline_code } },
      })
      expect(await eventsOf(stripe)).toContain('setup_intent.setup_failed')
      expect((await submit(page, cardFields('4242424242424242'))).status).toBe(303)
    },
  )
})

describe('a card that requires authentication when it is saved', () => {
  test.for(['4000002500003155', '4000002760003184', '4000008260003178'])(
    'the card %s is saved after its holder approves it',
    async (number) => {
      const { customer, session, page } = await aCardSession(stripe)
      const redirect = await submit(page, cardFields(number))
      expect(redirect.to).toBe(`${setup.standIn.url}/3ds/${session.setup_intent as string}`)
      expect(await sessionOf(session.id)).toMatchObject({
        status: 'open',
        setup_intent: { status: 'requires_action' },
      })
      expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
      expect(await (await fetch(redirect.to)).text()).toContain(number.slice(-4))
      const approved = await submit(redirect.to, { decision: 'approve' })
      expect(approved.to).toBe(`http://shop.test/cards?session=${session.id}`)
      expect(await sessionOf(session.id)).toMatchObject({
        status: 'complete',
        setup_intent: { status: 'succeeded' },
      })
      expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1)
    },
  )

  test('a card is not saved when its holder refuses it, and the card page explains this and accepts another card', async () => {
    const { customer, session, page } = await aCardSession(stripe)
    const { to } = await submit(page, cardFields('4000002760003184'))
    expect((await submit(to, { decision: 'refuse' })).to).toBe(page)
    expect(await (await fetch(page)).text()).toContain('could not confirm that it was you')
    expect(await sessionOf(session.id)).toMatchObject({
      status: 'open',
      setup_intent: { last_setup_error: { code: 'setup_intent_authentication_failure' } },
    })
    expect((await submit(to, { decision: 'approve' })).text).toContain('not waiting for you any more')
    expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toEqual([])
    expect((await submit(page, cardFields('4242424242424242'))).status).toBe(303)
  })
})

test('an unknown link of the stand-in is not found', async () => {
  for (const path of ['pay/cs_test_x', '3ds/pi_x', '3ds/seti_x'])
    expect((await fetch(`${setup.standIn.url}/${path}`)).status).toBe(404)
})
