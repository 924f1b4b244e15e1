import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAtUndoneSoon, receiveStripeEvent } from '#domain/billing'
import { endIncident, openIncidents, raiseForOperator } from '#domain/incidents'
import { aTill } from '../../support/a-till.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR

let till: Awaited<ReturnType<typeof aTill>>
beforeAll(async () => {
  till = await aTill()
})
afterAll(() => till.close())

describe('a payment that is undone', () => {
  test('a payment that is created after its undo is cancelled by a look an hour later', async () => {
    const line = await till.aLine()
    const { id: charge, request } = await line.charge()
    await line.steps.undoCharge(line.step)
    await till.bank.payments.createIntent({ charge, request })

    expect(await line.afterMs(HOUR / 2)).toBe(false)
    expect(await line.intents()).toMatchObject([{ status: 'requires_payment_method' }])
    expect(await line.afterMs(HOUR)).toBe(true)

    expect(await line.intents()).toMatchObject([{ status: 'canceled' }])
    expect(await line.row()).toMatchObject({ state: 'cancelled' })
  })

  test('a payment that is created hours after its undo is cancelled by the look of the next day', async () => {
    const line = await till.aLine()
    const { id: charge, request } = await line.charge()
    await line.steps.undoCharge(line.step)
    await line.afterMs(HOUR)
    await till.bank.payments.createIntent({ charge, request })

    expect(await line.afterMs(DAY)).toBe(true)

    expect(await line.intents()).toMatchObject([{ status: 'canceled' }])
  })

  test('a second payment of a charge, created late beside the first, is cancelled, too', async () => {
    const line = await till.aLine()
    await till.fails('/confirm', 'decline')
    await line.steps.chargeLine(line.step)
    const { id: charge, request } = await line.charge()
    await line.steps.undoCharge(line.step)
    await till.bank.payments.createIntent({ charge, request, n: 2 })

    // the key of the first cancellation belongs to the first payment, so the second look has the next number
    await line.afterMs(HOUR)
    await line.afterMs(HOUR + HOUR)

    expect(await line.intents()).toMatchObject([{ status: 'canceled' }, { status: 'canceled' }])
    expect(await line.numbers('cancel')).toEqual([1, 1, 2])
  })

  test('a second payment of a charge that was paid, too, is refunded and listed for the operator once', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    const { id: charge, request, stripePaymentMethodId: paymentMethod } = await line.charge()
    const { id } = await till.bank.payments.createIntent({ charge, request, n: 2 })
    await till.bank.payments.confirmIntent({ id, charge, n: 2, paymentMethod, usage: 'unscheduled' })
    const listed = async () => (await openIncidents(till.db)).filter(({ kind }) => kind === 'charged_twice')

    await line.steps.abandonLine(line.step)
    await line.afterMs(60_000)
    // the key of the first refund belongs to the first payment, so the second look has the next number
    await line.afterMs(HOUR)
    const [found, ...others] = await listed()
    await endIncident(till.db, { id: found?.id ?? '', note: 'was looked at', at: new Date() })
    await line.afterMs(DAY)

    expect(await line.intents()).toMatchObject([{ net: 0 }, { net: 0 }])
    expect([found, others]).toMatchObject([{ object: charge, detail: id }, []])
    expect(await listed()).toEqual([])
  })

  test('an event of the provider brings the look at a refund forward, also from a clock that is ahead, but not at a charge that is not undone', async () => {
    const [undone, kept] = [await till.aLine(), await till.aLine()]
    await undone.steps.undoCharge(undone.step)
    const at = new Date(Date.now() + 10 * 60_000)
    const receives = async (type: string, { id: charge_id }: { id: string }) =>
      receiveStripeEvent(
        till.db,
        {
          id: `evt_${type}_${charge_id}`,
          type,
          objectId: 're_1',
          metadata: { charge_id, deployment: 'test' },
          livemode: false,
        },
        { deployment: 'test', livemode: false, at },
      )

    await receives('charge.refunded', await undone.charge())
    const planned = (await undone.row()).look_at
    await receives('refund.failed', await undone.charge())
    await receives('refund.updated', await kept.charge())

    expect(planned?.getTime()).toBeGreaterThan(Date.now())
    expect((await undone.row()).look_at?.getTime()).toBeLessThanOrEqual(Date.now())
    expect((await kept.row()).look_at).toBeNull()
  })

  test('an event of the provider that comes during a look makes the next look due, also from a clock that is ahead', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await line.steps.abandonLine(line.step)
    const { id: charge_id } = await line.charge()
    const ahead = new Date(Date.now() + 10 * 60_000)
    await till.bank.next({ match: { method: 'POST', path: '/refunds' }, answer: 'held' })

    const looks = line.afterMs(60_000)
    await till.bank.untilHeld()
    const event = { id: `evt_held_${charge_id}`, type: 'refund.updated', objectId: 're_1', livemode: false }
    const ours = { deployment: 'test', livemode: false, at: ahead }
    await receiveStripeEvent(till.db, { ...event, metadata: { charge_id, deployment: 'test' } }, ours)
    await till.bank.release()
    await looks

    expect(await line.row()).toMatchObject({ state: 'refunded' })
    expect((await line.row()).look_at?.getTime()).toBeLessThanOrEqual(Date.now())
    await line.afterMs(HOUR)
  })

  test('an event of the provider makes a look due that is planned no more, and is seen beside one that is due already', async () => {
    const line = await till.aLine()
    await line.steps.undoCharge(line.step)
    const { id } = await line.charge()
    const looksAt = async (look_at: Date | null) => {
      await till.db.updateTable('charges').set({ look_at }).where('id', '=', id).execute()
      await lookAtUndoneSoon(till.db, id)
      return (await line.row()).look_at?.getTime()
    }
    const due = new Date(Date.now() - HOUR)

    expect(await looksAt(null)).toBeLessThanOrEqual(Date.now())
    expect(await looksAt(due)).toBeLessThan(due.getTime())
    await line.afterMs(HOUR)
  })

  test('a process whose clock is behind plans the next look, too', async () => {
    const line = await till.aLine()
    const undoneAt = new Date(Date.now() - 2 * HOUR)
    await line.steps.chargeLine(line.step)
    await line.steps.abandonLine({ ...line.step, at: undoneAt.toISOString() })

    await line.afterMs(-1.5 * HOUR)

    const look_at = new Date(undoneAt.getTime() + HOUR)
    expect(await line.row()).toMatchObject({ state: 'refunded', look_at })
    await line.afterMs(0)
  })

  test('a payment whose undo did not come through is undone without its run', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await line.steps.abandonLine(line.step)

    expect(await line.afterMs(60_000)).toBe(true)

    expect(await line.intents()).toMatchObject([{ net: 0 }])
    expect(await line.row()).toMatchObject({ state: 'refunded' })
  })

  test('a payment that cannot be undone for an hour is on the list of the operators until it is undone', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await line.steps.cancelOrder(line.step)
    const finished = till.db.updateTable('operations').set({ status: 'cancelled', finished_at: new Date() })
    await finished.where('id', '=', line.operation).execute()
    const failedLookAfter = async (ms: number) => {
      await till.fails('/refunds', '500_before')
      await line.afterMs(ms)
      return line.listed()
    }

    expect(await failedLookAfter(60_000)).toEqual([])
    expect(await failedLookAfter(HOUR)).toEqual(['undo_failed'])
    expect(await line.afterMs(HOUR + HOUR)).toBe(true)

    expect(await line.row()).toMatchObject({ state: 'refunded' })
    expect(await line.listed()).toEqual([])
  })

  test('the trouble with one payment does not stop the undo of another', async () => {
    const [broken, sound] = [await till.aLine(), await till.aLine()]
    for (const { steps, step } of [broken, sound]) {
      await steps.chargeLine(step)
      await steps.abandonLine(step)
    }
    const id = (await broken.charge()).intentId ?? ''
    await till.bank.next({ match: { method: 'GET', path: id }, answer: '500_before' })

    await sound.afterMs(60_000)

    expect(await sound.row()).toMatchObject({ state: 'refunded' })
    expect(await broken.row()).toMatchObject({ state: 'succeeded', look_at: expect.any(Date) })
    await broken.afterMs(DAY)
  })

  test('a defect of ours stays on the list of the operators after its payment is undone', async () => {
    const line = await till.aLine()
    await line.steps.undoCharge(line.step)
    for (const kind of ['our_defect', 'undo_failed'] as const)
      await raiseForOperator(till.db, { kind, object: line.operation, at: new Date() })

    await line.afterMs(HOUR)

    expect(await line.listed()).toEqual(['our_defect'])
  })

  test('a failed undo stays on the list while its order is open, also after its payment is undone', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await line.steps.abandonLine(line.step)
    const finished = till.db
      .updateTable('operations')
      .set({ status: 'failed', error: '{}', finished_at: new Date() })
    await finished.where('id', '=', line.operation).execute()
    await raiseForOperator(till.db, { kind: 'undo_failed', object: line.operation, at: new Date() })

    await line.afterMs(60_000)

    expect(await line.row()).toMatchObject({ state: 'refunded' })
    expect(await line.listed()).toEqual(['undo_failed'])
    await line.steps.cancelOrder(line.step)
    await line.afterMs(HOUR)
    expect(await line.listed()).toEqual([])
  })

  test('the undo of a run that was set back does not take back what a completed purchase has told', async () => {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    const completed = { status: 'completed', result: '{}', finished_at: new Date() } as const
    await till.db.updateTable('operations').set(completed).where('id', '=', line.operation).execute()

    await line.steps.abandonLine(line.step)
    await line.steps.undoCharge(line.step)

    expect(await line.row()).toMatchObject({ state: 'succeeded', undone_since: null })
    expect(await line.intents()).toMatchObject([{ net: 4900 }])
  })
})
