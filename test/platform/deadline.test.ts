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

  test('without a deadline, each wait has its own timeout', () => {
    expect(timeLeft(1_000)).toBe(1_000)
  })

  test('a deadline limits every wait inside it, and no wait outside it', async () => {
    const left = await withDeadline(500, async () => [timeLeft(1_000), timeLeft(100)])

    expect(left[0]).toBeLessThanOrEqual(500)
    expect(left[1]).toBe(100)
    expect(timeLeft(1_000)).toBe(1_000)
  })

  test('a deadline ends a hanging call to the payment provider', async () => {
    await bank.next({ match: { method: 'GET' }, answer: 'hang' })

    const call = withDeadline(50, () => bank.payments.getIntent('pi_any'))

    await expect(call).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
  })
})
