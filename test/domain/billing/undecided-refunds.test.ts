import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aTill } from '../../support/a-till.ts'

const HOUR = 60 * 60_000
const DAY = 24 * HOUR

let till: Awaited<ReturnType<typeof aTill>>
beforeAll(async () => {
  till = await aTill()
})
afterAll(() => till.close())

describe('a refund that is not decided at once', () => {
  async function aRefunded(answer: 'refund_pending' | 'refund_fails') {
    const line = await till.aLine()
    await line.steps.chargeLine(line.step)
    await till.fails('/refunds', answer)
    await line.steps.undoCharge(line.step)
    const [refund] = await till.bank.payments.listRefunds((await line.charge()).intentId ?? '')
    return {
      ...line,
      ends: (status: 'succeeded' | 'failed') => till.bank.sim(`refunds/${refund?.id}`, { status }),
    }
  }

  test('a pending refund counts as done only after the bank has decided it', async () => {
    const line = await aRefunded('refund_pending')

    expect(await line.row()).toMatchObject({ state: 'succeeded' })
    await line.afterMs(60_000)
    expect(await line.row()).toMatchObject({ state: 'succeeded', look_at: expect.any(Date) })
    await line.ends('succeeded')
    await line.afterMs(HOUR)

    expect(await line.row()).toMatchObject({ state: 'refunded' })
    expect(await line.numbers('refund')).toEqual([1])
  })

  test.for(['refund_pending', 'refund_fails'] as const)(
    'a refund that fails later (%s) is owed again, listed for the operator, and made again',
    async (answer) => {
      const line = await aRefunded(answer)
      await line.ends('failed')
      await till.fails('/refunds', '500_before')
      await line.afterMs(HOUR)

      expect(await line.row()).toMatchObject({ state: 'succeeded' })
      expect(await line.listed()).toContain('refund_failed')
      await line.afterMs(HOUR + HOUR)

      expect(await line.row()).toMatchObject({ state: 'refunded' })
      expect(await line.intents()).toMatchObject([{ net: 0 }])
      expect(await line.numbers('refund')).toEqual([1, 2, 3])
    },
  )

  test('looks at a refunded payment end after a month', async () => {
    const line = await aRefunded('refund_pending')
    await line.ends('succeeded')

    for (const days of [1 / 24, 1, 7, 30])
      expect([days, await line.afterMs(days * DAY)]).toEqual([days, true])

    expect((await line.row()).look_at).toBeNull()
  })
})
