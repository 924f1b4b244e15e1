import type Stripe from 'stripe'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aListener } from './a-listener.ts'
import { aSavedCard, aStripe, eventsOf, type StripeAndSdk } from './stripe-sdk.ts'

const DAY = 24 * 60 * 60

let setup: StripeAndSdk
let stripe: Stripe
beforeAll(async () => {
  setup = await aStripe()
  stripe = setup.stripe
})
afterAll(() => setup.standIn.stop())
beforeEach(() => setup.sim('reset', {}))

const next = (path: string, answer: string) => setup.sim('next', { match: { method: 'POST', path }, answer })
const advance = (seconds: number) => setup.sim('clock', { advance: seconds })
const netTaken = async () => (await setup.sim<{ totals: { net: number } }>('money')).totals.net
const violations = async () => (await setup.sim<{ violations: string[] }>('violations')).violations
const UNEXPECTED = { statusCode: 400, code: 'payment_intent_unexpected_state' }

async function confirmed(magicId = 'pm_card_visa', idempotencyKey?: string) {
  const { intent, card } = await aSavedCard(stripe, magicId)
  const confirm = () =>
    stripe.paymentIntents.confirm(
      intent.id,
      { payment_method: card.id, off_session: true },
      idempotencyKey === undefined ? {} : { idempotencyKey },
    )
  return { intent, card, confirm }
}

describe('a server error of the bank', () => {
  test('a kept 500 did nothing, and is the answer to its key for a day', async () => {
    const { intent, card, confirm } = await confirmed('pm_card_visa', 'once')
    await next('/confirm', '500_kept')

    await expect(confirm()).rejects.toMatchObject({ statusCode: 500 })
    await advance(DAY - 60)
    await expect(confirm()).rejects.toMatchObject({ statusCode: 500 })
    expect(await netTaken()).toBe(0)
    await stripe.paymentIntents.confirm(
      intent.id,
      { payment_method: card.id, off_session: true },
      { idempotencyKey: 'twice' },
    )
    expect(await netTaken()).toBe(4900)
    await advance(60)
    await expect(confirm()).rejects.toMatchObject(UNEXPECTED)
  })
})

describe('a refund', () => {
  test.for([
    ['pm_card_pendingRefund', 'pending', 'succeeded', 0, ['refund.created', 'refund.updated']],
    [
      'pm_card_refundFail',
      'succeeded',
      'failed',
      4900,
      ['refund.created', 'refund.failed', 'refund.updated'],
    ],
  ] as const)(
    'a refund to %s is %s, later %s, and the shop has %i then',
    async ([magicId, first, last, net, events]) => {
      const { intent, confirm } = await confirmed(magicId)
      await confirm()

      const { id, status } = await stripe.refunds.create({ payment_intent: intent.id })

      expect([status, await netTaken()]).toEqual([first, 0])
      await advance(30)
      expect((await stripe.refunds.retrieve(id)).status).toBe(first)
      await advance(30)
      expect((await stripe.refunds.retrieve(id)).status).toBe(last)
      expect(await netTaken()).toBe(net)
      expect((await eventsOf(stripe)).filter((type) => type.startsWith('refund.'))).toEqual(events)
      expect(await violations()).toEqual([])
    },
  )

  test('a refund that failed can be made again, and one that is over does not change any more', async () => {
    const { intent, confirm } = await confirmed()
    await confirm()
    await next('/refunds', 'refund_pending')
    const refund = await stripe.refunds.create({ payment_intent: intent.id })
    const failed = await setup.sim(`refunds/${refund.id}`, { status: 'failed' })

    expect(failed).toMatchObject({ status: 'failed', failure_reason: 'unknown' })
    await expect(setup.sim(`refunds/${refund.id}`, { status: 'succeeded' })).rejects.toThrow('is failed')
    expect(await netTaken()).toBe(4900)
    expect((await stripe.refunds.create({ payment_intent: intent.id })).amount).toBe(4900)
    await advance(DAY)
    expect(await netTaken()).toBe(0)
  })
})

describe('a payment that the bank processes', () => {
  test.for([
    ['succeeded', 4900],
    ['declined', 0],
  ] as const)('a processed payment is open to nobody until it has %s', async ([end, net]) => {
    const { intent, confirm } = await confirmed()
    await next('/confirm', 'processing')
    expect(await confirm()).toMatchObject({ status: 'processing' })

    await expect(confirm()).rejects.toMatchObject(UNEXPECTED)
    await expect(stripe.paymentIntents.cancel(intent.id)).rejects.toMatchObject(UNEXPECTED)
    await expect(stripe.refunds.create({ payment_intent: intent.id })).rejects.toMatchObject(UNEXPECTED)
    expect(await netTaken()).toBe(0)
    await setup.sim(`payment_intents/${intent.id}`, { status: end })

    const status = end === 'succeeded' ? 'succeeded' : 'requires_payment_method'
    expect(await stripe.paymentIntents.retrieve(intent.id)).toMatchObject({ status })
    expect(await netTaken()).toBe(net)
    const { data } = await stripe.charges.list({ payment_intent: intent.id })
    expect(data).toHaveLength(1)
    expect(await violations()).toEqual([])
  })

  test('a processed payment succeeds a minute later by itself', async () => {
    const { intent, confirm } = await confirmed()
    await next('/confirm', 'processing')
    await confirm()

    await advance(60)

    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('succeeded')
  })
})

describe('the limits of a confirmation', () => {
  test('a payment that waits for its cardholder is not confirmed again', async () => {
    const { intent, card } = await aSavedCard(stripe, 'pm_card_authenticationRequired')
    const confirm = (return_url: string) =>
      stripe.paymentIntents.confirm(intent.id, { payment_method: card.id, return_url })
    await confirm('http://shop.test/return')

    await expect(confirm('http://shop.test/other')).rejects.toMatchObject(UNEXPECTED)
  })

  test('a payment that was confirmed too often is cancelled', async () => {
    const { intent, confirm } = await confirmed('pm_card_chargeCustomerFail')
    for (let n = 0; n < 20; n++) await expect(confirm()).rejects.toMatchObject({ statusCode: 402 })

    expect((await confirm()).status).toBe('canceled')
    expect((await stripe.paymentIntents.retrieve(intent.id)).status).toBe('canceled')
  })
})

describe('the limits of an amount and of metadata', () => {
  test.for([
    [49, 'eur', 'amount_too_small'],
    [50, 'eur', undefined],
    [1_499, 'czk', 'amount_too_small'],
    [17_499, 'huf', 'amount_too_small'],
    [50, 'jpy', undefined],
    [5_125, 'kwd', 'the step'],
    [5_120, 'kwd', undefined],
    [550, 'isk', 'the step'],
    [500, 'ugx', undefined],
    [100_000_000, 'usd', 'amount_too_large'],
  ] as const)('an amount of %i %s is refused because of: %s', async ([amount, currency, why]) => {
    const reason = await stripe.paymentIntents.create({ amount, currency }).then(
      () => undefined,
      ({ statusCode, param, code = 'the step' }: Stripe.errors.StripeError) => [statusCode, param, code],
    )

    expect(reason).toEqual(why && [400, 'amount', why])
  })

  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))
  test.for([
    ['50 keys', many(50), true],
    ['51 keys', many(51), false],
    ['a key of 40 characters', { ['k'.repeat(40)]: 'v' }, true],
    ['a key of 41 characters', { ['k'.repeat(41)]: 'v' }, false],
    ['a value of 500 characters', { k: 'v'.repeat(500) }, true],
    ['a value of 501 characters', { k: 'v'.repeat(501) }, false],
  ] as const)('metadata with %s is accepted: %s', async ([, metadata, isAccepted]) => {
    const stored = await stripe.customers.create({ metadata }).then(
      (customer) => customer.metadata,
      ({ statusCode, param }: Stripe.errors.StripeError) => [statusCode, param],
    )

    expect(stored).toEqual(isAccepted ? metadata : [400, 'metadata'])
  })

  test('metadata of several changes has 50 keys at most, and an empty value removes its key', async () => {
    const { id } = await stripe.customers.create({ metadata: many(50) })

    await expect(stripe.customers.update(id, { metadata: { more: 'v' } })).rejects.toMatchObject({
      param: 'metadata',
    })
    const updated = await stripe.customers.update(id, { metadata: { k0: '', more: 'v' } })
    expect(Object.keys(updated.metadata)).toHaveLength(50)
  })
})

describe('a webhook that does not arrive', () => {
  test('a webhook is tried for three days of the clock, and then no more', async () => {
    const listener = await aListener()
    listener.respondWith(503)
    const { retrying: before } = await setup.sim<{ retrying: number }>('webhooks')
    await stripe.webhookEndpoints.create({ url: listener.url, enabled_events: ['payment_intent.created'] })
    await setup.sim('webhooks', { mode: 'hold' })
    await stripe.paymentIntents.create({ amount: 500, currency: 'eur' })
    await setup.sim('webhooks/flush', {})
    const retrying = async () => (await setup.sim<{ retrying: number }>('webhooks')).retrying

    for (let hours = 0; hours <= 72; hours += 6) await advance(6 * 60 * 60)

    expect([before, await retrying()]).toEqual([0, 0])
    const tries = listener.received.length
    expect(tries).toBeGreaterThan(8)
    expect(tries).toBeLessThan(16)
    listener.respondWith(200)
    await advance(DAY)
    expect(listener.received).toHaveLength(tries)
    listener.stop()
  })
})
