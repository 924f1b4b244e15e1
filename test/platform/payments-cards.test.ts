import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Id } from '#kernel/ids'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider } from '#platform/payments'
import { aBank, type Bank } from '../support/a-bank.ts'

let bank: Bank
beforeAll(async () => {
  bank = await aBank({ timeoutMs: 400 })
})
afterAll(() => bank.stop())
beforeEach(() => bank.sim('reset', {}))

let made = 0
const anId = <Kind extends string>(kind: Kind): Id<Kind> => `${kind}_${made++}`

async function aCardSession() {
  const customer = await bank.payments.createCustomer({ org: anId('org') })
  const request = {
    customer,
    successUrl: 'http://shop.test/cards?session={CHECKOUT_SESSION_ID}',
    cancelUrl: 'http://shop.test/cards',
    operation: anId('op'),
    press: 'first',
  }
  return { customer, request, session: await bank.payments.createCardSession(request) }
}

describe('a page to save a card', () => {
  test('a new page to save a card is open for a day and has no card yet', async () => {
    const { customer, request, session } = await aCardSession()
    expect(session.url).toBe(`${bank.url}/pay/${session.id}`)
    const hours = (session.expiresAt.getTime() - Date.now()) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThanOrEqual(24)
    expect(await bank.payments.getCardSession(session.id)).toEqual({
      status: 'open',
      customer,
      card: undefined,
    })
    const [created] = (await bank.requests()).filter(({ path }) => path === '/v1/checkout/sessions')
    const metadata = { operation_id: request.operation, deployment: 'test' }
    expect(created?.params).toMatchObject({
      mode: 'setup',
      metadata,
      setup_intent_data: { metadata },
      allowed_payment_method_types: ['card'],
    })
  })

  test('a page to save a card returns the saved card, and that card can be charged', async () => {
    const { customer, session } = await aCardSession()
    expect(await bank.typeCard(session.url, '4242 4242 4242 4242')).toContain(session.id)
    const { status, card } = await bank.payments.getCardSession(session.id)
    expect([status, card]).toMatchObject([
      'complete',
      { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2034 },
    ])
    const request = { customer, amountMinor: 100, currency: 'EUR', transferGroup: 'l', metadata: {} }
    const charge = anId('chg')
    const { id } = await bank.payments.createIntent({ charge, request })
    const how = { id, charge, n: 1, paymentMethod: card?.id ?? '', usage: 'unscheduled' as const }
    expect(await bank.payments.confirmIntent(how)).toMatchObject({
      intent: { status: 'succeeded' },
    })
  })

  test('a page to save a card has no card while the bank waits for the cardholder, or after the page has expired', async () => {
    const { session } = await aCardSession()
    const page = (await bank.typeCard(session.url, '4000 0027 6000 3184')) ?? ''
    expect(page).toContain('/3ds/seti_')
    expect(await bank.payments.getCardSession(session.id)).toMatchObject({ status: 'open', card: undefined })
    await bank.sim('clock', { advance: 24 * 60 * 60 })
    expect(await bank.answerBank(page, 'approve')).toBeUndefined()
    expect(await bank.payments.getCardSession(session.id)).toMatchObject({
      status: 'expired',
      card: undefined,
    })
  })

  test('a second request for a page to save a card returns the same page after a lost response', async () => {
    const { request, session } = await aCardSession()
    await bank.next({ match: { path: '/checkout/sessions' }, answer: 'cut_body' })
    await expect(bank.payments.createCardSession(request)).rejects.toBeInstanceOf(PaymentOutcomeUnknown)
    expect(await bank.payments.createCardSession(request)).toEqual(session)
    const another = await bank.payments.createCardSession({ ...request, press: 'second' })
    expect(another.id).not.toBe(session.id)
  })

  test('reading a page to save a card that does not exist is refused', async () => {
    await expect(bank.payments.getCardSession('cs_test_none')).rejects.toMatchObject({
      code: 'resource_missing',
    })
  })
})

describe('a card that is detached', () => {
  test('a detached card is gone from its page, too, and is seen as detached', async () => {
    const { session } = await aCardSession()
    await bank.typeCard(session.url, '4242424242424242')
    const { card } = await bank.payments.getCardSession(session.id)
    expect(await bank.payments.isCardAttached(card?.id ?? '')).toBe(true)
    await bank.payments.detachCard({ card: anId('pmt'), id: card?.id ?? '' })
    expect(await bank.payments.isCardAttached(card?.id ?? '')).toBe(false)
    expect(await bank.payments.getCardSession(session.id)).toMatchObject({
      status: 'complete',
      card: undefined,
    })
  })

  test('detaching a card that does not exist is refused', async () => {
    const detaching = bank.payments.detachCard({ card: anId('pmt'), id: 'pm_nobody' })
    await expect(detaching).rejects.toBeInstanceOf(PaymentRefusedByProvider)
  })
})

test('every response of the Stripe stand-in in this file matches its schema', async () => {
  expect(await bank.violations()).toEqual([])
})
