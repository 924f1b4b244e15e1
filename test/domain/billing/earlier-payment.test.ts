import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { moveForEarlier } from '#domain/billing'
import { mintId } from '#kernel/ids'
import type { Payments } from '#platform/payments'
import { aTill } from '../../support/a-till.ts'

let till: Awaited<ReturnType<typeof aTill>>
beforeAll(async () => {
  till = await aTill()
})
afterAll(() => till.close())

const EARLIER = {
  status: 'requires_action' as const,
  amountMinor: 4900,
  currency: 'EUR',
  amountReceivedMinor: 0,
  amountReturnedMinor: 0,
  bought: 'search',
}
const paid = { status: 'succeeded' as const, amountReceivedMinor: 4900 }

type Some = Partial<Omit<typeof EARLIER, 'status'>> & { status?: 'succeeded' | 'canceled' | 'processing' }

describe('an earlier payment of the same call', () => {
  test.for<[string, Some[], string]>([
    ['none is found', [], 'create, cancels none'],
    ['it was cancelled', [{ status: 'canceled' }], 'create, cancels none'],
    ['it is open', [{}], 'adopt 0'],
    ['it is being processed', [{ status: 'processing' }], 'adopt 0'],
    ['it is open with another amount', [{ amountMinor: 100 }], 'create, cancels 0'],
    ['it is open in another currency', [{ currency: 'USD' }], 'create, cancels 0'],
    ['it was paid', [paid], 'adopt 0'],
    ['it was paid after an open one', [{}, paid], 'adopt 1'],
    ['it was paid with another amount', [{ ...paid, amountMinor: 100 }], 'refuse'],
    ['it was paid for something else', [{ ...paid, bought: 'stock' }], 'refuse'],
    ['it is open for something else', [{ bought: 'stock' }], 'create, cancels 0'],
    ['it was paid, and another is open for something else', [paid, { bought: 'stock' }], 'adopt 0'],
    ['it was paid and paid back', [{ ...paid, amountReturnedMinor: 4900 }], 'refuse'],
    ['a part was paid back', [{ ...paid, amountReturnedMinor: 1 }], 'refuse'],
    ['one was paid back and another is open', [{ ...paid, amountReturnedMinor: 4900 }, {}], 'refuse'],
  ])('when %s, a charge does only what cannot charge a key twice', ([, found, expected]) => {
    const earlier = found.map((one, i) => ({ ...EARLIER, id: String(i), ...one }))

    const move = moveForEarlier({ amount: { amountMinor: 4900, currency: 'EUR' }, bought: 'search' }, earlier)

    const words = {
      adopt: () => `adopt ${'payment' in move ? move.payment.id : ''}`,
      refuse: () => 'refuse',
      create: () =>
        `create, cancels ${('cancelFirst' in move && move.cancelFirst.map(({ id }) => id).join()) || 'none'}`,
    }
    expect(words[move.kind]()).toBe(expected)
  })
})

describe('an earlier payment that is found at the bank', () => {
  type Line = Awaited<ReturnType<typeof till.aLine>>

  /** A payment for an order that our database has lost. */
  async function anEarlierPayment(line: Line) {
    const { request, stripePaymentMethodId: paymentMethod } = await line.charge()
    const charge = mintId('chg', new Date(), Math.random)
    const metadata = { ...request.metadata, charge_id: charge }
    const { id } = await till.bank.payments.createIntent({ charge, request: { ...request, metadata } })
    const named = { id, charge }
    return {
      ...named,
      confirm: () =>
        till.bank.payments.confirmIntent({ ...named, n: 1, paymentMethod, usage: 'unscheduled' }),
      cancel: () => till.bank.payments.cancelIntent(named),
      net: async () => (await till.bank.money()).intents.find((each) => each.charge_id === charge)?.net,
    }
  }

  /** The step finds the earlier payment, and this happens before it stores what it found. */
  const chargeAfter = (line: Line, happens: () => Promise<unknown>, more: Partial<Payments> = {}) => {
    const { payments } = till.bank
    const steps = till.stepsOn({
      ...payments,
      async findEarlierIntents(wanted) {
        const found = await payments.findEarlierIntents(wanted)
        await happens()
        return found
      },
      ...more,
    })
    return steps.chargeLine(line.step)
  }

  test('an earlier payment that is found while its line is voided is paid back, also when the process dies then', async () => {
    const line = await till.aLine()
    const earlier = await anEarlierPayment(line)
    await earlier.confirm()
    let looks = 0
    const dying: Partial<Payments> = {
      async listRefunds(id) {
        if (looks++) throw new Error('the process died')
        return till.bank.payments.listRefunds(id)
      },
    }

    const late = chargeAfter(line, () => line.steps.undoCharge(line.step), dying)
    await expect(late).rejects.toThrow('the process died')
    expect(await earlier.net()).toBe(4900)
    await line.afterMs(60_000)

    expect(await earlier.net()).toBe(0)
    expect(await line.row()).toMatchObject({ state: 'refunded' })
  })

  test('an earlier payment that the bank still processes when its line is voided is paid back once it succeeds', async () => {
    const line = await till.aLine()
    const earlier = await anEarlierPayment(line)
    await till.fails('/confirm', 'processing')
    await earlier.confirm()

    const late = chargeAfter(line, () => line.steps.undoCharge(line.step))
    await expect(late).rejects.toThrow('still processing')
    await line.afterMs(60_000)
    await till.bank.sim('clock', { advance: 120 })
    expect(await earlier.net()).toBe(4900)
    await line.afterMs(2 * 60 * 60_000)

    expect(await earlier.net()).toBe(0)
    expect(await line.row()).toMatchObject({ state: 'refunded' })
  })

  test('an earlier payment that is cancelled while it is found is ignored, and the line is paid by its own', async () => {
    const line = await till.aLine()
    const earlier = await anEarlierPayment(line)

    expect(await chargeAfter(line, earlier.cancel)).toEqual({})

    expect(await line.intents()).toMatchObject([{ succeeded_charges: 1, net: 4900 }])
    expect(await line.row()).toMatchObject({ state: 'succeeded' })
  })

  test('a line whose earlier payment was cancelled after an attempt gets no second payment', async () => {
    const line = await till.aLine()
    const earlier = await anEarlierPayment(line)
    await till.fails('/confirm', 'decline')
    await line.steps.chargeLine(line.step)
    await earlier.cancel()

    expect(await line.steps.chargeLine(line.step)).toHaveProperty('refusal')

    expect(await line.intents()).toEqual([])
  })
})
