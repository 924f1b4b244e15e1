import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { readOperation } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import { signatureOf } from '../../sandbox/stripe/webhooks.ts'
import { type Shop, timeSkippingServer, WEBHOOK_SECRET } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageOf } from '../support/a-wait.ts'

const test = storyTest()

const runOf = (shop: Shop, id: OperationId) => shop.workflows.getHandle(`purchase_and_install_package/${id}`)
const statusOf = async ({ db }: Shop, id: OperationId) => (await readOperation(db, id)).status

/** How often a run was nudged. */
async function nudgesOf(shop: Shop, id: OperationId): Promise<number> {
  const { events = [] } = await runOf(shop, id).fetchHistory()
  return (events ?? []).filter(
    ({ workflowExecutionSignaledEventAttributes: signal }) => signal?.signalName === 'nudge',
  ).length
}

/** A purchase that waits for the cardholder. The bank sends no webhooks about its payment. */
async function aSilentWait(shop: Shop) {
  await shop.bank.sim('webhooks', { mode: 'drop' })
  const wait = await aWait(shop, 'threeds')
  return { ...wait, payment: await paymentOf(shop, wait.id) }
}

/** The PaymentIntent of an operation. */
async function paymentOf({ db }: Shop, id: OperationId): Promise<string> {
  const { payment_intent_id } = await db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select('c.payment_intent_id')
    .where('o.operation_id', '=', id)
    .executeTakeFirstOrThrow()
  return payment_intent_id ?? ''
}

/** The types of the stored events of a payment, without the ignored ones. */
const storedEventsOf = async ({ db }: Shop, payment: string) => {
  const events = await db
    .selectFrom('stripe_events')
    .select('type')
    .where('object_id', '=', payment)
    .where('ignored_because', 'is', null)
    .orderBy('type')
    .execute()
  return events.map(({ type }) => type)
}

/** Waits until the outbox is empty. */
const untilRelayed = ({ db }: Shop) =>
  vi.waitFor(async () => expect(await db.selectFrom('outbox').select('id').execute()).toEqual([]), {
    timeout: 10_000,
    interval: 20,
  })

describe.skipIf(!timeSkippingServer)(
  'what wakes a purchase that waits for its cardholder',
  { timeout: 60_000 },
  () => {
    test('an event that comes twice and out of order wakes the purchase at most once', async ({ shop }) => {
      const { id, over, payment } = await aSilentWait(shop)
      await shop.bank.sim('webhooks', { duplicate: true, mode: 'hold', shuffle: true })
      // hides the payment until all events have arrived, so that the purchase cannot end before that
      shop.breaks((steps) => ({ ...steps, lookAtPayment: async () => undefined }))

      await shop.bank.answerBank(await pageOf(shop, 'threeds', id), 'approve')
      await shop.bank.sim('webhooks/flush', {})
      await shop.bank.sim('webhooks', { duplicate: false, mode: 'auto', shuffle: false })
      await untilRelayed(shop)

      expect(await storedEventsOf(shop, payment)).toEqual([
        'payment_intent.requires_action',
        'payment_intent.succeeded',
      ])
      // nudges that wait together are sent as one
      expect([1, 2]).toContain(await nudgesOf(shop, id))
      const { totals } = await shop.bank.money()
      shop.breaks()
      await runOf(shop, id).signal('nudge')
      expect(await over()).toMatchObject({ status: 'completed' })
      expect((await shop.bank.money()).totals).toEqual(totals)
    })

    test('an event with a wrong signature is not stored and does not wake the purchase', async ({ shop }) => {
      const { id, over, payment } = await aSilentWait(shop)
      const page = await pageOf(shop, 'threeds', id)
      const refusedSoFar = refusedWebhooks(shop)
      await shop.bank.sim('webhooks', { mode: 'auto', wrong_secret: true })

      await shop.bank.answerBank(page, 'approve')

      await vi.waitFor(() => expect(refusedWebhooks(shop)).toBeGreaterThan(refusedSoFar), { timeout: 10_000 })
      await shop.bank.sim('webhooks', { wrong_secret: false })
      expect(await storedEventsOf(shop, payment)).toEqual([])
      expect(await nudgesOf(shop, id)).toBe(0)
      expect(await statusOf(shop, id)).toBe('waiting_for_you')
      await runOf(shop, id).signal('nudge')
      expect(await over()).toMatchObject({ status: 'completed' })
    })

    test('after a signed but false event the purchase asks the bank, and continues to wait', async ({
      shop,
    }) => {
      const { id, cancel, payment } = await aSilentWait(shop)
      const seen: unknown[] = []
      shop.breaks((steps) => ({
        ...steps,
        async lookAtPayment(input) {
          const result = await steps.lookAtPayment(input)
          seen.push(result)
          return result
        },
      }))

      expect(await sendPaidEvent(shop, payment)).toBe(200)

      await vi.waitFor(() => expect(seen).not.toEqual([]), { timeout: 10_000 })
      // a regular look may follow at once, because the test server skips time
      expect(new Set(seen)).toEqual(new Set([undefined]))
      expect(await nudgesOf(shop, id)).toBe(1)
      expect(await statusOf(shop, id)).toBe('waiting_for_you')
      const { intents } = await shop.bank.money()
      expect(intents.find(({ payment_intent }) => payment_intent === payment)).toMatchObject({ captured: 0 })
      await cancel()
    })

    test('a nudge during a request to the bank is not lost: the purchase asks the bank again at once', async ({
      shop,
    }) => {
      let looks = 0
      shop.breaks((steps) => ({
        ...steps,
        async lookAtPayment(input) {
          const result = await steps.lookAtPayment(input)
          if (++looks > 1) return result
          await shop.bank.sim('webhooks', { mode: 'drop' })
          await shop.bank.answerBank(await pageOf(shop, 'threeds', input.operationId), 'approve')
          await runOf(shop, input.operationId).signal('nudge')
          return result
        },
      }))

      const { over } = await aWait(shop, 'threeds')

      expect(await over()).toMatchObject({ status: 'completed' })
      await shop.bank.sim('webhooks', { mode: 'auto' })
    })
  },
)

const refusedWebhooks = (shop: Shop) => shop.logged().split('a webhook was refused').length - 1

/** Sends a correctly signed event about a payment that did not happen. Returns the HTTP status. */
async function sendPaidEvent({ publicUrl }: Shop, payment: string): Promise<number> {
  const object = { id: payment, object: 'payment_intent', metadata: { deployment: 'test' } }
  const event = {
    id: `evt_${randomUUID()}`,
    object: 'event',
    type: 'payment_intent.succeeded',
    livemode: false,
  }
  const body = JSON.stringify({ ...event, created: Math.floor(Date.now() / 1000), data: { object } })
  const signature = signatureOf(WEBHOOK_SECRET, Math.floor(Date.now() / 1000), body)
  const headers = { 'content-type': 'application/json', 'stripe-signature': signature }
  return (await fetch(`${publicUrl}/callbacks/stripe`, { method: 'POST', headers, body })).status
}
