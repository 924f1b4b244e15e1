import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Id } from '#kernel/ids'
import {
  type Intent,
  openPayments,
  PaymentOutcomeUnknown,
  PaymentRefusedByProvider,
  PaymentsMisconfigured,
} from '#platform/payments'
import { aBank, type Bank } from '../support/a-bank.ts'

let bank: Bank
beforeAll(async () => {
  bank = await aBank({ timeoutMs: 400 })
})
afterAll(() => bank.stop())
beforeEach(() => bank.sim('reset', {}))

let made = 0
const anId = <Kind extends string>(kind: Kind): Id<Kind> => `${kind}_${made++}`

async function aCustomer(paymentMethod = 'pm_card_visa') {
  const org = anId('org')
  const customer = await bank.payments.createCustomer({ org })
  const card = await bank.payments.attachCard({ org, customer, paymentMethod })
  return { customer, card: card.id }
}

async function anIntent(paymentMethod?: string) {
  const charge = anId('chg')
  const { customer, card } = await aCustomer(paymentMethod)
  const request = {
    customer,
    amountMinor: 4900,
    currency: 'EUR',
    transferGroup: 'lin_1',
    metadata: { charge_id: charge, order_id: 'ord_1' },
  }
  const intent = await bank.payments.createIntent({ charge, request })
  const { id } = intent
  let attempts = 0
  const confirm = (n = ++attempts) =>
    bank.payments.confirmIntent({ id, charge, n, paymentMethod: card, usage: 'unscheduled' })
  return { customer, charge, card, intent, confirm }
}

/** The rule of the two-step charge: read the intent, and confirm it only if it is not paid. */
async function untilPaid(intent: Intent, confirm: (n: number) => Promise<unknown>): Promise<Intent> {
  for (let tries = 0; tries < 10; tries++) {
    const seen = await bank.payments.getIntent(intent.id)
    if (seen.status === 'succeeded') return seen
    await confirm(10 + tries).catch((e: unknown) => {
      if (!(e instanceof PaymentOutcomeUnknown)) throw e
    })
  }
  throw new Error('never paid')
}

describe('a saved card', () => {
  test('a saved card is charged off-session when the payment is confirmed, and not before', async () => {
    const { intent, confirm } = await anIntent()
    expect((await bank.money()).totals).toMatchObject({ succeeded_charges: 0, open_intents: 1 })
    expect(await confirm()).toMatchObject({
      kind: 'intent',
      intent: { status: 'succeeded', amountReceivedMinor: 4900 },
    })
    expect((await bank.money()).totals).toMatchObject({ succeeded_charges: 1, net: 4900, open_intents: 0 })
    expect(await bank.payments.getIntent(intent.id)).toMatchObject({
      currency: 'EUR',
      metadata: { order_id: 'ord_1' },
    })
  })

  test('a declined card is returned as a value with its reasons', async () => {
    const { confirm, intent } = await anIntent('pm_card_chargeCustomerFail')
    expect(await confirm()).toEqual({
      kind: 'declined',
      code: 'card_declined',
      declineCode: 'generic_decline',
      adviceCode: 'try_again_later',
    })
    const after = await bank.payments.getIntent(intent.id)
    expect(after).toMatchObject({ status: 'requires_payment_method', lastError: { code: 'card_declined' } })
    expect(after.latestCharge).toMatch(/^ch_/)
  })

  test('a required authentication is returned as a value', async () => {
    const { confirm } = await anIntent('pm_card_authenticationRequired')
    expect(await confirm()).toEqual({ kind: 'authentication_required' })
  })
})

describe('an intent', () => {
  test('an intent is found by its metadata when the response to its creation was lost', async () => {
    const charge = anId('chg')
    const { customer } = await aCustomer()
    const request = {
      customer,
      amountMinor: 100,
      currency: 'EUR',
      transferGroup: 'l',
      metadata: { charge_id: charge },
    }
    await bank.next({ match: { method: 'POST', path: '/payment_intents' }, answer: 'lost_after', times: 2 })
    await expect(bank.payments.createIntent({ charge, request })).rejects.toBeInstanceOf(
      PaymentOutcomeUnknown,
    )
    const since = new Date()
    const [found] = await bank.payments.findIntents({ charge, customer, since })
    expect(found).toMatchObject({ amountMinor: 100, status: 'requires_payment_method' })
    expect(await bank.payments.findIntents({ charge: anId('chg'), customer, since })).toEqual([])
  })

  test('an intent is cancelled unless it is paid', async () => {
    const open = await anIntent()
    expect(await bank.payments.cancelIntent({ id: open.intent.id, charge: open.charge })).toMatchObject({
      status: 'canceled',
    })
    const paid = await anIntent()
    await paid.confirm()
    expect(await bank.payments.cancelIntent({ id: paid.intent.id, charge: paid.charge })).toBe(
      'not_cancelable',
    )
  })

  test('an intent is refunded only once', async () => {
    const { intent, charge, confirm } = await anIntent()
    await confirm()
    const refund = { id: intent.id, charge, amountMinor: 4900 }
    expect(await bank.payments.createRefund(refund)).toMatchObject({
      amountMinor: 4900,
      currency: 'EUR',
    })
    expect(await bank.payments.createRefund({ ...refund, charge: anId('chg') })).toBe('already_refunded')
    expect(await bank.payments.listRefunds(intent.id)).toHaveLength(1)
    expect((await bank.money()).totals.net).toBe(0)
  })
})

describe('a response that does not state the outcome', () => {
  test.for([
    'lost_before',
    'lost_after',
    'cut_body',
    'hang',
    'in_use_409',
    'rate_429',
    'lock_429',
    '500_before',
    '500_saved',
  ] as const)(
    'the response %s leaves the outcome unknown, and reading before each retry charges exactly once',
    async (answer) => {
      const { intent, confirm } = await anIntent()
      // the SDK itself sends the request once more when the connection is reset
      await bank.next({ match: { path: '/confirm' }, answer, times: answer.startsWith('lost') ? 2 : 1 })
      await expect(confirm()).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
      expect(await untilPaid(intent, confirm)).toMatchObject({ status: 'succeeded' })
      expect((await bank.money()).totals).toMatchObject({ succeeded_charges: 1, net: 4900 })
    },
  )

  test('the error about an unknown outcome contains the retry delay of the provider', async () => {
    const { confirm } = await anIntent()
    await bank.next({ match: { path: '/confirm' }, answer: 'rate_429' })
    await expect(confirm()).rejects.toMatchObject({ status: 429, retryAfterMs: 1000 })
  })
})

describe('a definite refusal of the provider', () => {
  test('a second confirmation of a paid intent is refused', async () => {
    const { confirm } = await anIntent()
    await confirm()
    await expect(confirm()).rejects.toMatchObject({ code: 'payment_intent_unexpected_state' })
  })

  test('reading an intent that does not exist is refused', async () => {
    await expect(bank.payments.getIntent('pi_nobody')).rejects.toBeInstanceOf(PaymentRefusedByProvider)
  })

  test('a refusal of our own API key is no refusal of the buyer, and does not show the key', async () => {
    const payments = openPayments({ secretKey: 'sk_live_never', apiBase: bank.url, deployment: 'test' })
    const refused = payments.getIntent('pi_1')
    await expect(refused).rejects.toBeInstanceOf(PaymentsMisconfigured)
    await expect(refused).rejects.not.toThrow('sk_live')
  })
})

test('every response of the Stripe stand-in in this file matches its schema', async () => {
  expect(await bank.violations()).toEqual([])
})
