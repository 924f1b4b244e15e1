import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { settleUndoneCharges } from '#activities'
import { openIncidents } from '#domain/incidents'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { type Steps, withPauses } from '../support/faults.ts'
import { purchaseOf, SEARCH } from '../support/two-vendors.ts'

const test = storyTest({ skipsWaits: true })

const DAY = 24 * 60 * 60_000

/** The steps while our database is away for `times` tries of the charge of the first line, after the bank charged. */
function withoutDatabaseAfterTheBank(steps: Steps, times: number): Steps {
  let tries = 0
  return {
    ...steps,
    async chargeLine(input) {
      if (tries++ === 0) await steps.chargeLine(input)
      if (tries <= times) throw new Error('our database is away')
      return steps.chargeLine(input)
    },
  }
}

/** Everything that is due at the bank within a day after the last run. */
async function settleWithinADay(shop: Shop): Promise<void> {
  const from = await shop.now()
  for (const hours of [1, 2, 25])
    await settleUndoneCharges(shop, new Date(from.getTime() + (hours * DAY) / 24))
}

/*
 * Each undo: twice, answer lost, stored error, killed in between: test/domain/billing/undone-charges.test.ts. Here: what
 * the story does meanwhile.
 */
describe.skipIf(!timeSkippingServer)('money at the bank', { timeout: 60_000 }, () => {
  test.for(['500_kept', '500_saved'] as const)(
    'a paid vendor is delivered at once when the cancellation of another payment gets the answer %s',
    async (answer, { shop, buyer }) => {
      await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'slow', ms: 1 })
      await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
      await shop.bank.next({ match: { method: 'POST', path: '/cancel' }, answer })

      const { response, ...outcome } = await purchaseOf(shop, buyer)

      expect(outcome).toMatchObject({ charged: 1, paid: 4900, held: [SEARCH] })
      expect(response).toMatchObject({
        status: 'completed',
        result: { refused: [{ vendor: 'fabrikam', code: 'card_declined' }] },
      })
      const { created_at, finished_at } = await shop.db
        .selectFrom('operations')
        .select(['created_at', 'finished_at'])
        .where('id', '=', response.operation_id)
        .executeTakeFirstOrThrow()
      expect(Number(finished_at) - Number(created_at)).toBeLessThan(DAY / 24)
    },
  )

  test('a paid vendor is delivered while the bank does not undo the payment of another, which is undone later', async ({
    shop,
    buyer,
  }) => {
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'slow', ms: 1 })
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
    await shop.bank.next({ match: { method: 'POST', path: '/cancel' }, answer: '500_before', times: 5 })

    const { response, held } = await purchaseOf(shop, buyer)
    const listed = async () =>
      (await openIncidents(shop.db))
        .filter(({ object }) => object === response.operation_id)
        .map(({ kind }) => kind)

    expect(held).toEqual([SEARCH])
    expect(response).toMatchObject({
      status: 'completed',
      result: { refused: [{ vendor: 'fabrikam', code: 'undo_failed' }] },
    })
    expect(await listed()).toEqual(['undo_failed'])
    await settleWithinADay(shop)
    expect(await listed()).toEqual([])
  })

  test('a purchase is delivered when our database is away for all tries after the bank charged', async ({
    shop,
    buyer,
  }) => {
    shop.breaks((steps) => {
      let tries = 0
      return {
        ...withoutDatabaseAfterTheBank(steps, 5),
        async settleDoubt(input) {
          if (tries++ < 20) throw new Error('our database is away')
          const answer = await steps.settleDoubt(input)
          if (tries < 23) throw new Error('the result was lost')
          return answer
        },
      }
    })

    const { response, ...outcome } = await purchaseOf(shop, buyer, [SEARCH])

    expect(response).toMatchObject({ status: 'completed' })
    expect(outcome).toMatchObject({ charged: 1, paid: 4900, held: [SEARCH] })
  })

  test('a purchase whose refund is pending ends, and its refund is looked at until the bank decides', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const undeliverable = (steps: Steps) => ({
      ...steps,
      deliverPurchase: () => Promise.reject(new Error('it cannot be delivered')),
    })
    shop.breaks(withPauses('6h', undeliverable))
    await shop.bank.next({ match: { method: 'POST', path: '/refunds' }, answer: 'refund_pending' })

    const response = await buyer.buys({ packages: [SEARCH], project, idempotency_key: randomUUID() })
    shop.breaks()

    expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    const charge = () =>
      shop.db
        .selectFrom('charges as c')
        .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
        .innerJoin('orders as o', 'o.id', 'l.order_id')
        .select(['c.state', 'c.payment_intent_id as intent'])
        .where('o.operation_id', '=', response.operation_id)
        .executeTakeFirstOrThrow()
    const { state, intent } = await charge()
    expect(state).toBe('succeeded')
    const [refund] = await shop.payments.listRefunds(intent ?? '')
    if (refund?.status === 'pending') await shop.bank.sim(`refunds/${refund.id}`, { status: 'succeeded' })
    await settleWithinADay(shop)
    expect(await charge()).toMatchObject({ state: 'refunded' })
  })
})
