import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aListener, type Delivery, type Listener } from './a-listener.ts'
import { aSavedCard, aStripe, eventsOf, type StripeAndSdk } from './stripe-sdk.ts'

let own: StripeAndSdk
let listener: Listener
let secret: string
beforeEach(async () => {
  own = await aStripe()
  listener = await aListener()
  const wanted = { url: listener.url, enabled_events: ['payment_intent.created' as const] }
  secret = (await own.stripe.webhookEndpoints.create(wanted)).secret ?? ''
})
afterEach(async () => {
  await own.standIn.stop()
  listener.stop()
})

/** Each makes one event. */
async function payments(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++)
    ids.push((await own.stripe.paymentIntents.create({ amount: 100 + i, currency: 'eur' })).id)
  return ids
}
const verified = ({ body, signature }: Delivery, with_ = secret) =>
  own.stripe.webhooks.constructEvent(body, signature, with_)
const aboutWhat = () =>
  listener.received.map((delivery) => {
    const event = verified(delivery)
    return event.type === 'payment_intent.created' ? event.data.object.id : event.type
  })
const set = (change: object) => own.sim('webhooks', change)
const flush = () => own.sim('webhooks/flush', {})

describe('webhooks', () => {
  test('are sent at once, signed as the SDK checks them, to who wants their type', async () => {
    const ids = await payments(1)
    await listener.until(1)
    expect(aboutWhat()).toEqual(ids)
    const [{ body, signature } = { body: Buffer.alloc(0), signature: '' }] = listener.received
    const again = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1))
    expect(() => own.stripe.webhooks.constructEvent(again, signature, secret)).toThrow('signature')
    await set({ mode: 'hold' })
    await aSavedCard(own.stripe, 'pm_card_visa')
    await flush()
    expect(listener.received).toHaveLength(2) // and none for payment_method.attached
  })

  test('are held until they are flushed, in order', async () => {
    expect(await set({ mode: 'hold' })).toMatchObject({ mode: 'hold', delay: { ms: 0 } })
    const ids = await payments(5)
    expect(listener.received).toHaveLength(0)
    expect(await flush()).toEqual({ flushed: 5 })
    expect(aboutWhat()).toEqual(ids)
    expect(await flush()).toEqual({ flushed: 0 })
  })

  test('are shuffled at the flush: each comes, and none where it was', async () => {
    await set({ mode: 'hold', shuffle: true })
    const ids = await payments(5)
    await flush()
    const seen = aboutWhat()
    expect(seen.toSorted()).toEqual(ids.toSorted())
    expect(seen.filter((id, i) => id === ids[i])).toEqual([])
  })

  test('never come when they are dropped, but are listed', async () => {
    await set({ mode: 'drop' })
    await payments(1)
    await flush()
    await set({ mode: 'auto' })
    const later = await payments(1)
    await listener.until(1)
    expect(aboutWhat()).toEqual(later)
    expect(await eventsOf(own.stripe)).toHaveLength(2)
  })

  test('come twice as the same event', async () => {
    await set({ duplicate: true })
    await payments(1)
    await listener.until(2)
    const [first, second] = listener.received.map((delivery) => verified(delivery).id)
    expect(first).toBe(second)
  })

  test('come late', async () => {
    await set({ delay: { ms: 150 } })
    const before = Date.now()
    await payments(1)
    await listener.until(1)
    expect(listener.received[0]?.at).toBeGreaterThanOrEqual(before + 150)
  })

  test('are forged: signed by another secret, once', async () => {
    listener.answer(400)
    await set({ mode: 'hold', wrong_secret: true })
    await payments(1)
    await flush()
    expect(() => verified(listener.received[0] as Delivery)).toThrow('No signatures found matching')
    await new Promise((resolve) => setTimeout(resolve, 1_200)) // an honest one would be tried again
    expect(listener.received).toHaveLength(1)
  })

  test('are stale: rightly signed, ten minutes ago', async () => {
    await set({ mode: 'hold', stale: true })
    await payments(1)
    await flush()
    const [{ body, signature } = { body: Buffer.alloc(0), signature: '' }] = listener.received
    expect(() => own.stripe.webhooks.constructEvent(body, signature, secret)).toThrow('tolerance')
    expect(own.stripe.webhooks.constructEvent(body, signature, secret, 700).type).toBe(
      'payment_intent.created',
    )
  })

  test('are tried again while nobody takes them, and the flush does not wait for it', async () => {
    listener.answer(503)
    await set({ mode: 'hold' })
    await payments(1)
    await flush()
    expect(listener.received).toHaveLength(1)
    listener.answer(200)
    await listener.until(2)
    const [first, second] = listener.received.map((delivery) => verified(delivery).id)
    expect(first).toBe(second)
  })

  test('are as Stripe’s again after a reset; an unknown option is told off', async () => {
    await set({ mode: 'hold', duplicate: true, wrong_secret: true })
    await payments(1)
    await own.sim('reset', {})
    const wanted = { url: listener.url, enabled_events: ['*' as const] }
    secret = (await own.stripe.webhookEndpoints.create(wanted)).secret ?? ''
    const ids = await payments(1)
    await listener.until(1)
    await flush()
    expect(aboutWhat()).toEqual(ids)
    await expect(set({ mode: 'sometimes' })).rejects.toThrow('mode')
    await expect(set({ delay: 5 })).rejects.toThrow('delay')
  })
})
