import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { activitiesOn } from '#activities'
import { PaymentOutcomeUnknown } from '#platform/payments'
import { loseRun, losingRunAt, lookAtRuns, paidSince, totals, untilOver } from '../support/a-lost-run.ts'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { type Fault, lostResult, refusing, together, withoutPauses } from '../support/faults.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'

const test = storyTest()

/** The second vendor is paid at the bank. The answer is lost, and the run with it. From then on the steps have the fault. */
function losingRunWithSecondAnswer(shop: Shop, afterwards: Fault): Fault & { isLost: () => boolean } {
  let isLost = false
  const fault: Fault = (steps) => ({
    ...steps,
    async chargeLine(input) {
      if (input.position !== 2) return steps.chargeLine(input)
      await expect(withoutAnswer(shop).chargeLine(input)).rejects.toThrow('the answer was lost')
      await loseRun(shop, input.operationId)
      isLost = true
      shop.breaks(afterwards)
      throw new Error('the run is lost')
    },
  })
  return Object.assign(fault, { isLost: () => isLost })
}

/** The steps on a bank that takes the money, and whose answer does not come. */
const withoutAnswer = (shop: Shop) =>
  activitiesOn({
    ...shop,
    payments: {
      ...shop.payments,
      async confirmIntent(wanted) {
        await shop.payments.confirmIntent(wanted)
        throw new PaymentOutcomeUnknown('the answer was lost')
      },
    },
  })

const linesOf = ({ db }: Shop, operation: string) =>
  db
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('charges as c', 'c.order_line_id', 'l.id')
    .select(['l.paid_at', 'c.state'])
    .where('o.operation_id', '=', operation as 'op_')
    .orderBy('l.position')
    .execute()

describe.skipIf(!timeSkippingServer)('a resumed purchase that fails', { timeout: 90_000 }, () => {
  test.for([
    ['its order cannot be looked up again', 'openOrder'],
    ['the licences of its paid line cannot become valid', 'settleLine'],
  ] as const)(
    'a resumed purchase pays back all that its lost run has paid, recorded or not, when %s',
    async ([, step], { shop, buyer }) => {
      const { id: project } = await aProject(shop.market)
      const before = await totals(shop)
      const lost = losingRunWithSecondAnswer(shop, refusing(step))
      shop.breaks(lost)
      const input = { packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() }
      const started = await buyer.call('purchase_and_install_package', input)
      await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)
      expect(await linesOf(shop, started.operation_id)).toEqual([
        { paid_at: expect.any(Date), state: 'succeeded' },
        { paid_at: null, state: 'pending' },
      ])

      await lookAtRuns(shop)

      expect(await untilOver(buyer, started.operation_id)).toMatchObject({ status: 'failed' })
      expect(await paidSince(shop, before)).toEqual({ charges: 2, net: 0 })
      expect(await linesOf(shop, started.operation_id)).toEqual([
        { paid_at: null, state: 'refunded' },
        { paid_at: null, state: 'refunded' },
      ])
    },
  )

  test('a delivered purchase whose end was not reported is only reported, also when its order cannot be opened again', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    const lost = losingRunAt(shop, 'deliverPurchase', { moment: 'after' })
    // the second vendor is refused
    const declined: Fault = (steps) => ({
      ...steps,
      chargeLine: (step) => (step.position === 2 ? refusing('chargeLine')(steps) : steps).chargeLine(step),
    })
    shop.breaks(together(lost, declined))
    const input = { packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() }
    const started = await buyer.call('purchase_and_install_package', input)
    await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)

    shop.breaks(refusing('openOrder'))
    await lookAtRuns(shop)

    expect(await untilOver(buyer, started.operation_id)).toMatchObject({
      status: 'completed',
      result: {
        total: { amount_minor: 4900 },
        refused: [{ packages: [LABELS], code: 'purchase_interrupted' }],
      },
    })
    expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
    expect(await heldBy(shop, project)).toEqual([SEARCH])
  })

  test('a resumed purchase with a paid line goes on when its order cannot be looked up for a long time', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    const lost = losingRunAt(shop, 'settleLine', { moment: 'before' })
    shop.breaks(lost)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    const started = await buyer.call('purchase_and_install_package', input)
    await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)

    let left = 40
    const away: Fault = (steps) => ({
      ...steps,
      openOrder: (step) => (left-- > 0 ? Promise.reject(lostResult()) : steps.openOrder(step)),
    })
    shop.breaks(withoutPauses(away))
    await lookAtRuns(shop)

    expect(await untilOver(buyer, started.operation_id)).toMatchObject({ status: 'completed' })
    expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
    expect(await heldBy(shop, project)).toEqual([SEARCH])
  })
})
