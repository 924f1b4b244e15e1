import type Stripe from 'stripe'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TEST_KEY } from '../support/a-bank.ts'
import { aSavedCard, aStripe, type StripeAndSdk } from './stripe-sdk.ts'

let setup: StripeAndSdk
let stripe: Stripe
let intent: Stripe.PaymentIntent
let customer: Stripe.Customer
beforeAll(async () => {
  setup = await aStripe()
  stripe = setup.stripe
  ;({ intent, customer } = await aSavedCard(stripe, 'pm_card_visa'))
})
afterAll(() => setup.standIn.stop())

const NOT_BUILT = { statusCode: 400, code: 'not_implemented_by_the_stand_in' }

describe('a parameter that Stripe accepts and the stand-in does not support', () => {
  test('the stand-in refuses to change the amount of an intent, and changes its metadata', async () => {
    await expect(stripe.paymentIntents.update(intent.id, { amount: 700 })).rejects.toMatchObject({
      ...NOT_BUILT,
      param: 'amount',
    })
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ amount: 4900 })
    const updated = await stripe.paymentIntents.update(intent.id, { metadata: { n: '1' } })
    expect(updated.metadata).toEqual({ n: '1' })
  })

  test.for([
    [{ capture_method: 'manual' }, 'capture_method'],
    [{ application_fee_amount: 10 }, 'application_fee_amount'],
    [{ on_behalf_of: 'acct_1' }, 'on_behalf_of'],
    [
      { payment_method_options: { card: { request_three_d_secure: 'any' } } },
      'payment_method_options[card][request_three_d_secure]',
    ],
  ] as const)('the stand-in does not support an intent with %j', async ([more, param]) => {
    const create = stripe.paymentIntents.create({
      amount: 500,
      currency: 'eur',
      customer: customer.id,
      ...more,
    })

    await expect(create).rejects.toMatchObject({ ...NOT_BUILT, param })
  })

  test('the stand-in does not support a refund that reverses a transfer', async () => {
    const refund = stripe.refunds.create({ payment_intent: intent.id, reverse_transfer: true })

    await expect(refund).rejects.toMatchObject({ ...NOT_BUILT, param: 'reverse_transfer' })
  })

  test('the stand-in does not store an unsupported request under its idempotency key', async () => {
    const params = { amount: 500, currency: 'eur', customer: customer.id }
    const key = { idempotencyKey: 'once-more' }

    await expect(
      stripe.paymentIntents.create({ ...params, statement_descriptor: 'x' }, key),
    ).rejects.toMatchObject(NOT_BUILT)
    await expect(stripe.paymentIntents.create(params, key)).resolves.toHaveProperty('id')
  })
})

describe('a request that Stripe refuses', () => {
  test('the stand-in refuses a list after or before an object that does not exist', async () => {
    for (const param of ['starting_after', 'ending_before'])
      await expect(stripe.paymentIntents.list({ [param]: 'pi_nobody' })).rejects.toMatchObject({
        statusCode: 400,
        code: 'resource_missing',
        param,
      })
  })

  test('the stand-in refuses to expand an unknown field, before it changes anything', async () => {
    const fault = { statusCode: 400, param: 'expand' }
    const all = async () =>
      (await stripe.paymentIntents.list({ customer: customer.id, limit: 100 })).data.length
    const before = await all()

    for (const path of ['nope', 'customer.nope', 'data'])
      await expect(stripe.paymentIntents.retrieve(intent.id, { expand: [path] })).rejects.toMatchObject(fault)
    for (const path of ['data.nope', 'customer'])
      await expect(stripe.paymentIntents.list({ expand: [path] })).rejects.toMatchObject(fault)
    const create = { amount: 500, currency: 'eur', customer: customer.id, expand: ['nope'] }
    await expect(stripe.paymentIntents.create(create)).rejects.toMatchObject(fault)

    expect(await all()).toBe(before)
    const listed = await stripe.paymentIntents.list({ expand: ['data.customer'], limit: 1 })
    expect(listed.data[0]?.customer).toMatchObject({ object: 'customer' })
  })

  test.for([
    [{ currency: 'zzz' }, { param: 'currency' }],
    [{ amount: 100_000_000 }, { code: 'amount_too_large', param: 'amount' }],
  ] as const)('the stand-in refuses an intent with %j, as Stripe does', async ([more, fault]) => {
    const create = stripe.paymentIntents.create({
      amount: 500,
      currency: 'eur',
      customer: customer.id,
      ...more,
    })

    await expect(create).rejects.toMatchObject({ statusCode: 400, ...fault })
  })

  test('the stand-in accepts the largest amount that Stripe accepts', async () => {
    const large = { amount: 99_999_999, currency: 'EUR', customer: customer.id }

    expect(await stripe.paymentIntents.create(large)).toMatchObject({ amount: 99_999_999, currency: 'eur' })
  })

  test('the stand-in returns 404 for an id that is not valid UTF-8', async () => {
    const headers = { authorization: `Bearer ${TEST_KEY}` }

    expect((await fetch(`${setup.standIn.url}/v1/payment_intents/%ff`, { headers })).status).toBe(404)
  })
})
