import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { timeLeft, withDeadline } from '#platform/deadline'
import { PaymentOutcomeUnknown } from '#platform/payments'
import { type Bank, aBank } from '../support/a-bank.ts'

describe('a deadline', () => {
  let bank: Bank
  beforeAll(async () => {
    bank = await aBank({ timeoutMs: 60_000 })
  })
  afterAll(() => bank.stop())

  test('leaves each wait its own time, when there is none', () => {
    expect(timeLeft(1_000)).toBe(1_000)
  })

  test('is shared by all waits below it, and by none beside it', async () => {
    const left = await withDeadline(500, async () => [timeLeft(1_000), timeLeft(100)])

    expect(left[0]).toBeLessThanOrEqual(500)
    expect(left[1]).toBe(100)
    expect(timeLeft(1_000)).toBe(1_000)
  })

  test('ends a call of the payment provider that hangs', async () => {
    await bank.next({ match: { method: 'GET' }, answer: 'hang' })

    const asked = withDeadline(50, () => bank.payments.getIntent('pi_any'))

    await expect(asked).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
  })
})
