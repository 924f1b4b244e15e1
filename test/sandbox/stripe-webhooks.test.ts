import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aListener, type Delivery, type Listener } from './a-listener.ts'
import { aSavedCard, aStripe, eventsOf, type StripeAndSdk } from './stripe-sdk.ts'

let setup: StripeAndSdk
let listener: Listener
let secret: string
beforeEach(async () => {
  setup = await aStripe()
  listener = await aListener()
  const endpoint = { url: listener.url, enabled_events: ['payment_intent.created' as const] }
  secret = (await setup.stripe.webhookEndpoints.create(endpoint)).secret ?? ''
})
afterEach(async () => {
  await setup.standIn.stop()
  listener.stop()
})

/** Creates payments. Each creates one event. */
async function payments(count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++)
    ids.push((await setup.stripe.paymentIntents.create({ amount: 100 + i, currency: 'eur' })).id)
  return ids
}
const verified = ({ body, signature }: Delivery, withSecret = secret) =>
  setup.stripe.webhooks.constructEvent(body, signature, withSecret)
const receivedIds = () =>
  listener.received.map((delivery) => {
    const event = verified(delivery)
    return event.type === 'payment_intent.created' ? event.data.object.id : event.type
  })
const set = (change: object) => setup.sim('webhooks', change)
const flush = () => setup.sim('webhooks/flush', {})

describe('webhooks', () => {
  test('a webhook is sent at once, with a signature that the SDK accepts, to an endpoint for its type', async () => {
    const ids = await payments(1)
    await listener.until(1)
    expect(receivedIds()).toEqual(ids)
    const [{ body, signature } = { body: Buffer.alloc(0), signature: '' }] = listener.received
    const again = Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1))
    expect(() => setup.stripe.webhooks.constructEvent(again, signature, secret)).toThrow('signature')
    await set({ mode: 'hold' })
    await aSavedCard(setup.stripe, 'pm_card_visa')
    await flush()
    expect(listener.received).toHaveLength(2) // none for payment_method.attached
  })

  test('held webhooks are sent in order at the flush', async () => {
    expect(await set({ mode: 'hold' })).toMatchObject({ mode: 'hold', delay: { ms: 0 } })
    const ids = await payments(5)
    expect(listener.received).toHaveLength(0)
    expect(await flush()).toEqual({ flushed: 5 })
    expect(receivedIds()).toEqual(ids)
    expect(await flush()).toEqual({ flushed: 0 })
  })

  test('shuffled webhooks all arrive at the flush, and none in its original place', async () => {
    await set({ mode: 'hold', shuffle: true })
    const ids = await payments(5)
    await flush()
    const seen = receivedIds()
    expect(seen.toSorted()).toEqual(ids.toSorted())
    expect(seen.filter((id, i) => id === ids[i])).toEqual([])
  })

  test('dropped webhooks never arrive, but their events are listed', async () => {
    await set({ mode: 'drop' })
    await payments(1)
    await flush()
    await set({ mode: 'auto' })
    const later = await payments(1)
    await listener.until(1)
    expect(receivedIds()).toEqual(later)
    expect(await eventsOf(setup.stripe)).toHaveLength(2)
  })

  test('duplicated webhooks arrive twice as the same event', async () => {
    await set({ duplicate: true })
    await payments(1)
    await listener.until(2)
    const [first, second] = listener.received.map((delivery) => verified(delivery).id)
    expect(first).toBe(second)
  })

  test('delayed webhooks arrive after the delay', async () => {
    await set({ delay: { ms: 150 } })
    const before = Date.now()
    await payments(1)
    await listener.until(1)
    expect(listener.received[0]?.at).toBeGreaterThanOrEqual(before + 150)
  })

  test('a forged webhook is signed by another secret and sent once', async () => {
    listener.respondWith(400)
    await set({ mode: 'hold', wrong_secret: true })
    await payments(1)
    await flush()
    expect(() => verified(listener.received[0] as Delivery)).toThrow('No signatures found matching')
    await new Promise((resolve) => setTimeout(resolve, 1_200)) // a genuine one would be sent again
    expect(listener.received).toHaveLength(1)
  })

  test('a stale webhook has a valid signature that is ten minutes old', async () => {
    await set({ mode: 'hold', stale: true })
    await payments(1)
    await flush()
    const [{ body, signature } = { body: Buffer.alloc(0), signature: '' }] = listener.received
    expect(() => setup.stripe.webhooks.constructEvent(body, signature, secret)).toThrow('tolerance')
    expect(setup.stripe.webhooks.constructEvent(body, signature, secret, 700).type).toBe(
      'payment_intent.created',
    )
  })

  test('a webhook that fails is sent again, and the flush does not wait for this', async () => {
    listener.respondWith(503)
    await set({ mode: 'hold' })
    await payments(1)
    await flush()
    expect(listener.received).toHaveLength(1)
    listener.respondWith(200)
    await listener.until(2)
    const [first, second] = listener.received.map((delivery) => verified(delivery).id)
    expect(first).toBe(second)
  })

  test('a reset restores the default webhooks, and an unknown option is refused', async () => {
    await set({ mode: 'hold', duplicate: true, wrong_secret: true })
    await payments(1)
    await setup.sim('reset', {})
    const endpoint = { url: listener.url, enabled_events: ['*' as const] }
    secret = (await setup.stripe.webhookEndpoints.create(endpoint)).secret ?? ''
    const ids = await payments(1)
    await listener.until(1)
    await flush()
    expect(receivedIds()).toEqual(ids)
    await expect(set({ mode: 'sometimes' })).rejects.toThrow('mode')
    await expect(set({ delay: 5 })).rejects.toThrow('delay')
  })
})
