import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activitiesOn } from '#activities'
import { beginAttempt, billingOn, type Charge, findCharge } from '#domain/billing'
import { abandonLine } from '#domain/orders'
import { openLogger } from '#platform/logger'
import type { Payments } from '#platform/payments'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { aLicence, aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { gitDependencies } from '../../support/git.ts'
import { NO_SPENDING_LIMITS, recheckIn } from '../../support/spending.ts'

const AT = new Date()
const log = openLogger({ level: 'silent' })

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
let market: Market
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase('market'), aBank()])
  market = await aMarket(database.db, { payments: bank.payments })
})
afterAll(() => Promise.all([bank.stop(), database.close()]))

/** A line with an open charge. Its PaymentIntent exists and is not confirmed. */
async function anOpenCharge() {
  const { db } = database
  const { line, order } = await aLicence(market, { package: 'northwind/module-search' })
  await db.updateTable('order_lines').set({ paid_at: null }).where('id', '=', line).execute()
  const charge = await chargeOf(line)
  const request = {
    customer: await customerOf('acme-retail'),
    amountMinor: charge.amount.amountMinor,
    currency: charge.amount.currency,
    transferGroup: line,
    metadata: { charge_id: charge.id },
  }
  const intent = await bank.payments.createIntent({ charge: charge.id, request })
  const pending = { state: 'pending' as const, settled_at: null, stripe_charge_id: null }
  await db
    .updateTable('charges')
    .set({ ...pending, payment_intent_id: intent.id, request: JSON.stringify(request) })
    .where('id', '=', charge.id)
    .execute()
  const { operation_id: operation } = await db
    .selectFrom('orders')
    .select('operation_id')
    .where('id', '=', order)
    .executeTakeFirstOrThrow()
  return { line, operation, charge: await chargeOf(line) }
}

async function chargeOf(line: Charge['line']): Promise<Charge> {
  const charge = await findCharge(database.db, line)
  if (!charge) throw new Error(`${line} has no charge`)
  return charge
}

async function customerOf(org: string): Promise<string> {
  const { stripe_customer_id } = await database.db
    .selectFrom('billing_accounts')
    .select('stripe_customer_id')
    .where('org_id', '=', market.org(org))
    .executeTakeFirstOrThrow()
  return stripe_customer_id
}

/**
 * A provider with a race: before it returns the intent, another caller begins the next attempt of the charge.
 */
const whileAnotherBegins = (charge: Charge, onSession: boolean): Payments => ({
  ...bank.payments,
  async getIntent(id) {
    const seen = await bank.payments.getIntent(id)
    const n = charge.attempts.length + 1
    await beginAttempt(database.db, { charge, n, onSession, latestChargeBefore: seen.latestCharge, at: AT })
    return seen
  },
})

const billing = (payments: Payments) =>
  billingOn({ db: database.db, payments, recheck: recheckIn(database.db), log })
const steps = (payments: Payments) =>
  activitiesOn({
    db: database.db,
    payments,
    log,
    publicUrl: 'https://market.example',
    feeBasisPoints: 1500,
    spending: NO_SPENDING_LIMITS,
    ...gitDependencies(database.db),
  })
const confirms = async () => (await bank.requests()).filter(({ path }) => path.endsWith('/confirm'))

describe('the number of an attempt', () => {
  test('opening the bank page does not reuse an attempt number that an off-session charge took meanwhile', async () => {
    const { operation, charge } = await anOpenCharge()
    const before = await confirms()

    const { openBankPage } = billing(whileAnotherBegins(charge, false))
    const url = await openBankPage({
      operation,
      org: market.org('acme-retail'),
      openedBy: { customer: market.person('buyer') },
      returnUrl: 'https://market.example/o/x/return',
      at: AT,
    })

    expect(url).toBeUndefined()
    expect(await confirms()).toEqual(before)
  })

  test('the charge step does not reuse an attempt number of the cardholder, and asks the cardholder at the next try', async () => {
    const { line: lineId, operation: operationId, charge } = await anOpenCharge()
    const before = await confirms()
    const step = { lineId, operationId, position: 1, at: AT.toISOString() }

    const charging = steps(whileAnotherBegins(charge, true)).chargeLine(step)

    await expect(charging).rejects.toThrow('The cardholder is on the page of the bank.')
    expect(await steps(bank.payments).chargeLine(step)).toEqual({ wantsCardholder: true })
    expect(await confirms()).toEqual(before)
  })

  test.for([
    ['rate_429', 'stays', [1, 1]],
    ['in_use_409', 'stays', [1, 1]],
    ['500_before', 'rises', [1, 2]],
  ] as const)(
    'after the response %s, the attempt number %s at the next try',
    async ([response, , numbers]) => {
      const { line: lineId, operation: operationId, charge } = await anOpenCharge()
      const before = await confirms()
      const step = { lineId, operationId, position: 1, at: AT.toISOString() }
      await bank.next({ match: { method: 'POST', path: '/confirm' }, answer: response })

      await expect(steps(bank.payments).chargeLine(step)).rejects.toThrow('did not report the outcome')
      expect(await steps(bank.payments).chargeLine(step)).toEqual({})

      const sent = (await confirms()).slice(before.length).map(({ idempotency_key }) => idempotency_key)
      expect(sent).toEqual(numbers.map((n) => `test:${charge.id}:confirm:${n}`))
    },
  )
})

const stepOf = ({ line: lineId, operation: operationId }: Awaited<ReturnType<typeof anOpenCharge>>) => ({
  lineId,
  operationId,
  position: 1,
  at: AT.toISOString(),
})

describe('the payment of a line', () => {
  test('a PaymentIntent is found and not created again when the response to its creation was lost', async () => {
    const open = await anOpenCharge()
    const withoutIntent = database.db.updateTable('charges').set({ payment_intent_id: null })
    await withoutIntent.where('id', '=', open.charge.id).execute()

    expect(await steps(bank.payments).chargeLine(stepOf(open))).toEqual({})

    const { intents } = await bank.money()
    expect(intents.filter(({ charge_id }) => charge_id === open.charge.id)).toHaveLength(1)
    expect((await chargeOf(open.line)).intentId).toBe(open.charge.intentId)
  })

  test('a payment is closed when the time of the cardholder is over, and stays closed', async () => {
    const open = await anOpenCharge()
    const activities = steps(bank.payments)

    expect(await activities.closePayment(stepOf(open))).toMatchObject({ refusal: { code: 'wait_expired' } })

    expect(await bank.payments.getIntent(open.charge.intentId ?? '')).toMatchObject({ status: 'canceled' })
    expect(await activities.chargeLine(stepOf(open))).toMatchObject({ refusal: { code: 'card_declined' } })
  })
})

describe('a line that was voided', () => {
  test('a voided line is not charged, although its payment is still open', async () => {
    const open = await anOpenCharge()
    const before = await confirms()
    await abandonLine(database.db, open.line, AT)

    for (const step of ['chargeLine', 'lookAtPayment', 'closePayment'] as const)
      expect(await steps(bank.payments)[step](stepOf(open))).toMatchObject({
        refusal: { code: 'card_declined' },
      })

    expect(await confirms()).toEqual(before)
  })

  test('a payment that is created while its line is voided is closed at once', async () => {
    const open = await anOpenCharge()
    const withoutIntent = database.db.updateTable('charges').set({ payment_intent_id: null })
    await withoutIntent.where('id', '=', open.charge.id).execute()
    const payments: Payments = {
      ...bank.payments,
      async findIntents(wanted) {
        await abandonLine(database.db, open.line, AT)
        return bank.payments.findIntents(wanted)
      },
    }

    expect(await steps(payments).chargeLine(stepOf(open))).toHaveProperty('refusal')

    expect(await bank.payments.getIntent(open.charge.intentId ?? '')).toMatchObject({ status: 'canceled' })
    expect(await chargeOf(open.line)).toMatchObject({ intentId: open.charge.intentId })
  })

  test('the undo of a charge is repeated when the payment succeeded at the last moment', async () => {
    const open = await anOpenCharge()
    const { id, charge } = { id: open.charge.intentId ?? '', charge: open.charge.id }
    const payments: Payments = {
      ...bank.payments,
      async cancelIntent(wanted) {
        const paymentMethod = open.charge.stripePaymentMethodId
        await bank.payments.confirmIntent({ id, charge, n: 1, paymentMethod, usage: 'unscheduled' })
        return bank.payments.cancelIntent(wanted)
      },
    }

    await expect(steps(payments).undoCharge(stepOf(open))).rejects.toThrow(
      'The state of the payment changed meanwhile.',
    )
    expect((await chargeOf(open.line)).state).toBe('pending')
    await steps(bank.payments).undoCharge(stepOf(open))

    expect((await chargeOf(open.line)).state).toBe('refunded')
    expect(await bank.payments.listRefunds(id)).toMatchObject([
      { amountMinor: open.charge.amount.amountMinor },
    ])
  })

  test('the undo of a charge refunds what is left after an earlier refund', async () => {
    const open = await anOpenCharge()
    const { id, charge } = { id: open.charge.intentId ?? '', charge: open.charge.id }
    const { amountMinor } = open.charge.amount
    const paymentMethod = open.charge.stripePaymentMethodId
    await bank.payments.confirmIntent({ id, charge, n: 1, paymentMethod, usage: 'unscheduled' })
    await bank.payments.createRefund({ id, charge: 'chg_by_hand', amountMinor: 900 })

    await steps(bank.payments).undoCharge(stepOf(open))

    const refunds = await bank.payments.listRefunds(id)
    expect(refunds.map((refund) => refund.amountMinor).toSorted((a, b) => a - b)).toEqual([
      900,
      amountMinor - 900,
    ])
  })
})
