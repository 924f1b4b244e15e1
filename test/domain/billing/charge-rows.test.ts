import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeCharge, refundCharge } from '#domain/billing'
import type { ChargeId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { aLicence, aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** A charge that is paid. */
async function aPaidCharge(): Promise<ChargeId> {
  const { charge } = await aLicence(market, { package: 'northwind/module-search' })
  if (!charge) throw new Error('the line has no charge')
  return charge
}
const rowOf = (charge: ChargeId) =>
  database.db
    .selectFrom('charges')
    .select(['state', 'settled_at'])
    .where('id', '=', charge)
    .executeTakeFirstOrThrow()

test('a paid charge never becomes cancelled', async () => {
  const charge = await aPaidCharge()
  const before = await rowOf(charge)

  await closeCharge(database.db, { charge, at: new Date() })

  expect(await rowOf(charge)).toEqual(before)
})

test('a refund that is booked a second time changes nothing and returns false', async () => {
  const charge = await aPaidCharge()
  const refund = (at: Date) =>
    inTransaction(database.db, (tx) =>
      refundCharge(tx, {
        charge,
        stripeChargeId: `ch_${charge}`,
        refundId: `re_${charge}`,
        vendor: market.vendor('northwind'),
        feeBasisPoints: 1500,
        at,
      }),
    )
  const first = new Date('2026-05-01T10:00:00Z')

  expect(await refund(first)).toBe(true)
  expect(await refund(new Date('2026-05-02T10:00:00Z'))).toBe(false)

  expect(await rowOf(charge)).toEqual({ state: 'refunded', settled_at: first })
  const posted = await database.db
    .selectFrom('ledger_postings as p')
    .innerJoin('ledger_entries as e', 'e.posting_id', 'p.id')
    .select(['e.account', 'e.amount'])
    .where('p.key', '=', `refund:re_${charge}`)
    .orderBy('e.amount')
    .execute()
  expect(posted).toEqual([
    { account: 'stripe_clearing', amount: -4900 },
    { account: 'platform_fee', amount: 735 },
    { account: `vendor_payable:${market.vendor('northwind')}`, amount: 4165 },
  ])
})
