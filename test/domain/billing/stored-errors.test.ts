import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Charge } from '#domain/billing'
import type { Payments } from '#platform/payments'
import { aTill } from '../../support/a-till.ts'

let till: Awaited<ReturnType<typeof aTill>>
beforeAll(async () => {
  till = await aTill()
})
afterAll(() => till.close())

/*
 * Each action below: twice (the step runs again), answer lost (500_saved), stored error (500_kept), process dies after it
 * (the row is due), two callers (the same number, so the same key).
 */
describe('an action whose error the provider has stored', () => {
  test.for(['500_kept', '500_saved'] as const)(
    'a payment is created, cancelled and refunded at the next try after the answer %s',
    async (answer) => {
      const [paid, open] = [await till.aLine(), await till.aLine()]

      await till.fails('/payment_intents', answer)
      await expect(paid.steps.chargeLine(paid.step)).rejects.toThrow('did not report the outcome')
      expect(await paid.steps.chargeLine(paid.step)).toEqual({})
      await till.fails('/refunds', answer)
      await expect(paid.steps.undoCharge(paid.step)).rejects.toThrow('did not report the outcome')
      await paid.steps.undoCharge(paid.step)
      await till.fails('/confirm', 'decline')
      await open.steps.chargeLine(open.step)
      await till.fails('/cancel', answer)
      await expect(open.steps.undoCharge(open.step)).rejects.toThrow('did not report the outcome')
      await open.steps.undoCharge(open.step)

      expect(await paid.intents()).toMatchObject([{ succeeded_charges: 1, net: 0 }])
      expect(await open.intents()).toMatchObject([{ status: 'canceled' }])
      const sent = { '500_kept': [1, 2], '500_saved': [1] }[answer]
      expect(await paid.numbers('create')).toEqual(sent)
      expect(await paid.numbers('refund')).toEqual(sent)
      expect(await open.numbers('cancel')).toEqual(sent)
    },
  )

  test('the numbers of a refund rise once when two undos meet the same stored error', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await till.fails('/refunds', '500_kept')
    const undo = () => line.steps.undoCharge(line.step).catch(() => undefined)

    await Promise.all([undo(), undo()])
    await Promise.all([undo(), undo()])
    await line.steps.undoCharge(line.step)

    expect(await line.intents()).toMatchObject([{ refunded: 4900, net: 0 }])
    expect(new Set(await line.numbers('refund'))).toEqual(new Set([1, 2]))
  })
})

describe('a confirmation whose answer is lost', () => {
  test.for([
    ['lost_after', 2],
    ['cut_body', 1],
  ] as const)(
    'the bank’s wish for the cardholder is not taken for a decline when its answer is %s',
    async ([answer, times]) => {
      const line = await till.aLine()
      const { stripePaymentMethodId: card } = await line.charge()
      await till.bank.sim(`payment_methods/${card}`, { answer: 'authentication_required' })
      await till.fails('/confirm', answer, times)

      await expect(line.steps.chargeLine(line.step)).rejects.toThrow('did not report the outcome')
      const charged = await line.steps.chargeLine(line.step)
      await till.bank.sim(`payment_methods/${card}`, { answer: 'works' })

      expect(charged).toEqual({ wantsCardholder: true })
      expect((await line.charge()).attempts).toMatchObject([{ n: 1, outcome: 'authentication_required' }])
      await line.steps.undoCharge(line.step)
    },
  )

  test('a payment that was made before its tries were given up is recorded, and nothing is sent for that', async () => {
    const line = await till.aLine()
    const lost: Payments = {
      ...till.bank.payments,
      async confirmIntent(wanted) {
        await till.bank.payments.confirmIntent(wanted)
        throw new Error('our database is away')
      },
    }
    await expect(till.stepsOn(lost).chargeLine(line.step)).rejects.toThrow('away')

    expect(await line.steps.settleDoubt(line.step)).toEqual({})

    expect(await line.row()).toMatchObject({ state: 'succeeded' })
    expect(await line.numbers('confirm')).toEqual([1])
  })

  test('nothing is confirmed any more after the tries of a charge were given up', async () => {
    const [untouched, failed] = [await till.aLine(), await till.aLine()]
    await till.fails('/confirm', '500_before')
    await expect(failed.steps.chargeLine(failed.step)).rejects.toThrow('did not report the outcome')

    expect(await untouched.steps.settleDoubt(untouched.step)).toBeUndefined()
    expect(await failed.steps.settleDoubt(failed.step)).toBeUndefined()

    expect(await untouched.intents()).toEqual([])
    expect(await failed.numbers('confirm')).toEqual([1])
    await failed.steps.undoCharge(failed.step)
  })
})

describe('a card that was removed', () => {
  const removes = (charge: Charge, removed: boolean) =>
    till.db
      .updateTable('payment_methods')
      .set({ removed_at: removed ? new Date() : null, default_since: removed ? null : new Date() })
      .where('id', '=', charge.paymentMethod)
      .execute()

  test('a card that was removed after the order is not charged, also in the last moment', async () => {
    const [before, late] = [await till.aLine(), await till.aLine()]
    const charge = await late.charge()
    const removing: Payments = {
      ...till.bank.payments,
      async createIntent(wanted) {
        await removes(charge, true)
        return till.bank.payments.createIntent(wanted)
      },
    }

    const inTheLastMoment = await till.stepsOn(removing).chargeLine(late.step)
    const afterwards = await before.steps.chargeLine(before.step)
    await removes(charge, false)

    const refusal = { refusal: { code: 'payment_method_not_found' } }
    expect([inTheLastMoment, afterwards]).toMatchObject([refusal, refusal])
    expect([...(await late.numbers('confirm')), ...(await before.numbers('confirm'))]).toEqual([])
  })
})

describe('two attempts at one charge', () => {
  /** The provider's calls, of which the process dies right after the confirmation. */
  const dyingAfterConfirmation = (): Payments => ({
    ...till.bank.payments,
    async confirmIntent(wanted) {
      await till.bank.payments.confirmIntent(wanted)
      throw new Error('the process died')
    },
  })

  test('a payment whose creation is slow is cancelled when another attempt has stored its own, and one is charged', async () => {
    const line = await till.aLine()
    const [created, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const slow: Payments = {
      ...till.bank.payments,
      async createIntent(wanted) {
        created.resolve()
        await release.promise
        return till.bank.payments.createIntent(wanted)
      },
    }
    const first = till.stepsOn(slow).chargeLine(line.step)
    await created.promise
    await till.fails('/payment_intents', '500_before')
    await expect(line.steps.chargeLine(line.step)).rejects.toThrow('did not report the outcome')
    await expect(till.stepsOn(dyingAfterConfirmation()).chargeLine(line.step)).rejects.toThrow('died')

    release.resolve()
    await expect(first).rejects.toThrow('Another attempt has stored its payment first')
    expect(await line.steps.chargeLine(line.step)).toEqual({})

    const intents = await line.intents()
    expect(intents.map(({ status }) => status).sort()).toEqual(['canceled', 'succeeded'])
    expect(intents.reduce((count, each) => count + each.succeeded_charges, 0)).toBe(1)
  })

  test('a doubtful payment that was paid back is not recorded as paid', async () => {
    const line = await till.aLine()
    await expect(till.stepsOn(dyingAfterConfirmation()).chargeLine(line.step)).rejects.toThrow('died')
    const { id: charge, intentId: id = '' } = await line.charge()
    await till.bank.payments.createRefund({ id, charge, amountMinor: 4900 })

    expect(await line.steps.settleDoubt(line.step)).toHaveProperty('refusal')

    expect(await line.row()).toMatchObject({ state: 'refunded' })
    expect(await line.intents()).toMatchObject([{ net: 0 }])
  })
})
