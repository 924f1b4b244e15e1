import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Id } from '#kernel/ids'
import { PaymentOutcomeUnknown } from '#platform/payments'
import { aBank, type Bank } from '../support/a-bank.ts'

let bank: Bank
beforeAll(async () => {
  bank = await aBank({ timeoutMs: 400 })
})
afterAll(() => bank.stop())
beforeEach(() => bank.sim('reset', {}))

let made = 0
const anId = <Kind extends string>(kind: Kind): Id<Kind> => `${kind}_${made++}`
const returnUrl = 'http://shop.test/orders/ord_1/authenticated'

/** A payment that its bank did not let pass without its buyer. */
async function anIntent(magicId = 'pm_card_authenticationRequired') {
  const { payments } = bank
  const [org, charge] = [anId('org'), anId('chg')]
  const customer = await payments.createCustomer({ org })
  const card = await payments.attachCard({ org, customer, paymentMethod: magicId })
  const request = { customer, amountMinor: 4900, currency: 'EUR', transferGroup: 'lin_1', metadata: {} }
  const { id } = await payments.createIntent({ charge, request })
  let attempts = 0
  const attempt = (n = ++attempts) => ({ id, charge, n, paymentMethod: card.id })
  const off = () => payments.confirmIntent({ ...attempt(), usage: 'unscheduled' })
  const on = (n?: number) => payments.confirmOnSession({ ...attempt(n), returnUrl })
  return { id, off, on }
}
const urlOf = (answer: object) => ('url' in answer ? String(answer.url) : '')

describe('a payment with the buyer in the browser', () => {
  test('leads to the bank on the same PaymentIntent, and is paid once', async () => {
    const { id, off, on } = await anIntent()
    expect(await off()).toEqual({ kind: 'authentication_required' })
    const asked = await on()
    expect(asked).toMatchObject({ kind: 'redirect', intent: { id, status: 'requires_action' } })
    expect(urlOf(await on())).toBe(urlOf(asked)) // opened twice
    const to = await bank.answerBank(urlOf(asked), 'approve')
    expect(to).toMatch(`${returnUrl}?payment_intent=${id}`)
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'succeeded',
      amountReceivedMinor: 4900,
    })
    expect((await bank.money()).totals).toMatchObject({ succeeded_charges: 1, net: 4900 })
  })

  test('that is refused says why, though nothing was charged since', async () => {
    const { id, off, on } = await anIntent()
    await off()
    const before = await bank.payments.getIntent(id)
    await bank.answerBank(urlOf(await on()), 'refuse')
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'requires_payment_method',
      latestCharge: before.latestCharge,
      lastError: { code: 'payment_intent_authentication_failure' },
    })
  })

  test('may be declined after the bank’s yes', async () => {
    const { id, on } = await anIntent('pm_card_authenticationRequiredChargeDeclinedInsufficientFunds')
    await bank.answerBank(urlOf(await on()), 'approve')
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'requires_payment_method',
      lastError: { code: 'card_declined', declineCode: 'insufficient_funds' },
    })
  })

  test('is a value when it is paid or declined at once', async () => {
    const works = await anIntent('pm_card_visa')
    expect(await works.on()).toMatchObject({ kind: 'intent', intent: { status: 'succeeded' } })
    const declines = await anIntent('pm_card_chargeCustomerFail')
    expect(await declines.on()).toMatchObject({ kind: 'declined', declineCode: 'generic_decline' })
  })

  test('is unknown when the answer is lost, and goes on with the same key', async () => {
    const { on } = await anIntent()
    await bank.next({ match: { path: '/confirm' }, answer: '500_before' })
    await expect(on(7)).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
    await bank.next({ match: { path: '/confirm' }, answer: 'cut_body' })
    await expect(on(8)).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
    expect(await on(8)).toMatchObject({ kind: 'redirect' })
  })
})

test('a confirm that is held has taken nothing until it is released', async () => {
  const { id, off } = await anIntent('pm_card_visa')
  await bank.next({ match: { path: '/confirm' }, answer: 'held_before' })
  const confirming = off()
  await bank.untilHeld()
  expect((await bank.payments.getIntent(id)).status).toBe('requires_payment_method')
  await bank.release()
  expect(await confirming).toMatchObject({ intent: { status: 'succeeded' } })
})

test('nothing above made the stand-in break its own schemas', async () => {
  expect(await bank.violations()).toEqual([])
})
