import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activitiesOn } from '#activities'
import { beginAttempt, billingOn, type Charge, findCharge } from '#domain/billing'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import type { Payments } from '#platform/payments'
import { aBank, type Bank } from '../../support/a-bank.ts'
import { aLicence, aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const AT = new Date()
const log = openLogger({ level: 'silent' })

let database: Awaited<ReturnType<typeof aDatabase>>
let bank: Bank
let market: Market
beforeAll(async () => {
  ;[database, bank] = await Promise.all([aDatabase(), aBank()])
  market = await aMarket(database.db, { payments: bank.payments })
})
afterAll(() => Promise.all([bank.stop(), database.close()]))

/** A line whose charge is open: its PaymentIntent is made, and nobody has confirmed it. */
async function anOpenCharge() {
  const { db } = database
  const { line, order } = await aLicence(market, { package: 'northwind/module-search' })
  const unpaid = db.updateTable('order_lines').set({ paid_at: null }).where('id', '=', line)
  await unpaid.execute()
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

/** A provider at whose look somebody else begins the charge's next attempt. */
const whileSomebodyBegins = (charge: Charge, onSession: boolean): Payments => ({
  ...bank.payments,
  async getIntent(id) {
    const seen = await bank.payments.getIntent(id)
    const n = charge.attempts.length + 1
    await beginAttempt(database.db, { charge, n, onSession, latestChargeBefore: seen.latestCharge, at: AT })
    return seen
  },
})

const billing = (payments: Payments) => billingOn({ db: database.db, payments, log })
const steps = (payments: Payments) =>
  activitiesOn({
    db: database.db,
    payments,
    log,
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    publicUrl: 'https://market.example',
    feeBasisPoints: 1500,
  })
const confirms = async () => (await bank.requests()).filter(({ path }) => path.endsWith('/confirm'))

describe('the number of an attempt', () => {
  test('that a charge without the cardholder took meanwhile is not sent by the bank’s page', async () => {
    const { operation, charge } = await anOpenCharge()
    const before = await confirms()

    const { openBankPage } = billing(whileSomebodyBegins(charge, false))
    const url = await openBankPage({ operation, returnUrl: 'https://market.example/o/x/return', at: AT })

    expect(url).toBeUndefined()
    expect(await confirms()).toEqual(before)
  })

  test('that the cardholder took meanwhile is not sent by the step; looking again, it asks the cardholder', async () => {
    const { line: lineId, operation: operationId, charge } = await anOpenCharge()
    const before = await confirms()
    const step = { lineId, operationId, position: 1, at: AT.toISOString() }

    const charging = steps(whileSomebodyBegins(charge, true)).chargeLine(step)

    await expect(charging).rejects.toThrow('The cardholder is at the bank.')
    expect(await steps(bank.payments).chargeLine(step)).toEqual({ wantsCardholder: true })
    expect(await confirms()).toEqual(before)
  })

  test.for([
    ['rate_429', 'stays', [1, 1]],
    ['in_use_409', 'stays', [1, 1]],
    ['500_before', 'rises', [1, 2]],
  ] as const)('of a request that came to %s %s at the next try', async ([answer, , numbers]) => {
    const { line: lineId, operation: operationId, charge } = await anOpenCharge()
    const before = await confirms()
    const step = { lineId, operationId, position: 1, at: AT.toISOString() }
    await bank.next({ match: { method: 'POST', path: '/confirm' }, answer })

    await expect(steps(bank.payments).chargeLine(step)).rejects.toThrow('did not say what came of it')
    expect(await steps(bank.payments).chargeLine(step)).toEqual({})

    const sent = (await confirms()).slice(before.length).map(({ idempotency_key }) => idempotency_key)
    expect(sent).toEqual(numbers.map((n) => `test:${charge.id}:confirm:${n}`))
  })
})
