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

/** A payment with a test card. By default, the bank of the card requires authentication. */
async function anIntent(magicId = 'pm_card_authenticationRequired') {
  const { payments } = bank
  const [org, charge] = [anId('org'), anId('chg')]
  const customer = await payments.createCustomer({ org })
  const card = await payments.attachCard({ org, customer, paymentMethod: magicId })
  const request = { customer, amountMinor: 4900, currency: 'EUR', transferGroup: 'lin_1', metadata: {} }
  const { id } = await payments.createIntent({ charge, request })
  let attempts = 0
  const attempt = (n = ++attempts) => ({ id, charge, n, paymentMethod: card.id })
  const offSession = () => payments.confirmIntent({ ...attempt(), usage: 'unscheduled' })
  const onSession = (n?: number) => payments.confirmOnSession({ ...attempt(n), returnUrl })
  return { id, offSession, onSession }
}
const urlOf = (result: object) => ('url' in result ? String(result.url) : '')

describe('a payment with the buyer in the browser', () => {
  test('an on-session payment redirects to the bank with the same PaymentIntent, and is paid once', async () => {
    const { id, offSession, onSession } = await anIntent()
    expect(await offSession()).toEqual({ kind: 'authentication_required' })
    const redirect = await onSession()
    expect(redirect).toMatchObject({ kind: 'redirect', intent: { id, status: 'requires_action' } })
    // opened twice: the bank does not accept another confirmation now
    expect((await bank.payments.getIntent(id)).bankPage).toBe(urlOf(redirect))
    const to = await bank.answerBank(urlOf(redirect), 'approve')
    expect(to).toMatch(`${returnUrl}?payment_intent=${id}`)
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'succeeded',
      amountReceivedMinor: 4900,
    })
    expect((await bank.money()).totals).toMatchObject({ succeeded_charges: 1, net: 4900 })
  })

  test('an on-session payment that is refused at the bank has the reason and no new charge', async () => {
    const { id, offSession, onSession } = await anIntent()
    await offSession()
    const before = await bank.payments.getIntent(id)
    await bank.answerBank(urlOf(await onSession()), 'refuse')
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'requires_payment_method',
      latestCharge: before.latestCharge,
      lastError: { code: 'payment_intent_authentication_failure' },
    })
  })

  test('an on-session payment can be declined after the authentication succeeded', async () => {
    const { id, onSession } = await anIntent('pm_card_authenticationRequiredChargeDeclinedInsufficientFunds')
    await bank.answerBank(urlOf(await onSession()), 'approve')
    expect(await bank.payments.getIntent(id)).toMatchObject({
      status: 'requires_payment_method',
      lastError: { code: 'card_declined', declineCode: 'insufficient_funds' },
    })
  })

  test('an on-session payment that is paid or declined at once is returned as a value', async () => {
    const works = await anIntent('pm_card_visa')
    expect(await works.onSession()).toMatchObject({ kind: 'intent', intent: { status: 'succeeded' } })
    const declines = await anIntent('pm_card_chargeCustomerFail')
    expect(await declines.onSession()).toMatchObject({ kind: 'declined', declineCode: 'generic_decline' })
  })

  test('an on-session payment whose response is lost has an unknown outcome, and continues with the same key', async () => {
    const { onSession } = await anIntent()
    await bank.next({ match: { path: '/confirm' }, answer: '500_before' })
    await expect(onSession(7)).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
    await bank.next({ match: { path: '/confirm' }, answer: 'cut_body' })
    await expect(onSession(8)).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
    expect(await onSession(8)).toMatchObject({ kind: 'redirect' })
  })
})

test('a confirmation that the Stripe stand-in holds charges nothing until it is released', async () => {
  const { id, offSession } = await anIntent('pm_card_visa')
  await bank.next({ match: { path: '/confirm' }, answer: 'held_before' })
  const confirming = offSession()
  await bank.untilHeld()
  expect((await bank.payments.getIntent(id)).status).toBe('requires_payment_method')
  await bank.release()
  expect(await confirming).toMatchObject({ intent: { status: 'succeeded' } })
})

test('every response of the Stripe stand-in in this file matches its schema', async () => {
  expect(await bank.violations()).toEqual([])
})
