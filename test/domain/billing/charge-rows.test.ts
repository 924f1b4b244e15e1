import { afterAll, beforeAll, expect, test } from 'vitest'
import { closeCharge, recordRefunds, type RefundSeen, settleCharge } from '#domain/billing'
import type { ChargeId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { aLicence, aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** A charge of 4900 that is paid and in the ledger, with a fee of 15 %. */
async function aPaidCharge(): Promise<ChargeId> {
  const { charge } = await aLicence(market, { package: 'northwind/module-search' })
  if (!charge) throw new Error('the line has no charge')
  await inTransaction(database.db, async (tx) => {
    const pending = { state: 'pending', settled_at: null, stripe_charge_id: null } as const
    await tx.updateTable('charges').set(pending).where('id', '=', charge).execute()
    await settleCharge(tx, {
      charge,
      stripeChargeId: `ch_${charge}`,
      vendor: market.vendor('northwind'),
      feeBasisPoints: 1500,
      at: new Date(),
    })
  })
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

/** Records these refunds of a charge, at a time when the fee is `feePercent`. */
const records = (charge: ChargeId, refunds: RefundSeen[], { feePercent = 15, at = new Date() } = {}) =>
  inTransaction(database.db, (tx) =>
    recordRefunds(tx, {
      charge,
      stripeChargeId: `ch_${charge}`,
      refunds,
      vendor: market.vendor('northwind'),
      feeBasisPoints: feePercent * 100,
      at,
    }),
  )

/** The sums of the ledger that belong to a charge, by account. */
async function ledgerOf(keys: string[]): Promise<Record<string, number>> {
  const rows = await database.db
    .selectFrom('ledger_postings as p')
    .innerJoin('ledger_entries as e', 'e.posting_id', 'p.id')
    .select(['e.account', (sum) => sum.fn.sum<string>('e.amount').as('amount')])
    .where('p.key', 'in', keys)
    .groupBy('e.account')
    .execute()
  return Object.fromEntries(rows.map(({ account, amount }) => [account.split(':')[0], Number(amount)]))
}

const aRefund = (charge: ChargeId, amountMinor = 4900, status = 'succeeded', n = 1): RefundSeen => ({
  id: `re_${n}_${charge}`,
  n,
  status,
  amountMinor,
})

test('a refund that is recorded a second time changes nothing', async () => {
  const charge = await aPaidCharge()
  const refund = aRefund(charge)
  const first = new Date('2026-05-01T10:00:00Z')

  expect(await records(charge, [refund], { at: first })).toEqual({ isRefunded: true, failed: [] })
  const again = records(charge, [refund], { at: new Date('2026-05-02T10:00:00Z') })
  expect(await again).toEqual({ isRefunded: false, failed: [] })

  expect(await rowOf(charge)).toEqual({ state: 'refunded', settled_at: first })
  expect(await ledgerOf([`refund:${refund.id}`])).toEqual({
    stripe_clearing: -4900,
    platform_fee: 735,
    vendor_payable: 4165,
  })
})

test('a refund negates the entries of its charge, although the fee has changed since', async () => {
  const charge = await aPaidCharge()
  const refund = aRefund(charge)

  await records(charge, [refund], { feePercent: 20 })

  const left = await ledgerOf([`charge:ch_${charge}`, `refund:${refund.id}`])
  expect(left).toEqual({ stripe_clearing: 0, platform_fee: 0, vendor_payable: 0 })
})

test('refunds of parts are split like their charge to the last cent, and the last one takes the rest', async () => {
  const charge = await aPaidCharge()
  const parts = [aRefund(charge, 1, 'succeeded', 1), aRefund(charge, 1233, 'succeeded', 2)]

  expect(await records(charge, parts)).toMatchObject({ isRefunded: false })
  const [cent, part] = await Promise.all(parts.map(({ id }) => ledgerOf([`refund:${id}`])))
  const rest = aRefund(charge, 3666, 'succeeded', 3)
  expect(await records(charge, [...parts, rest], { feePercent: 30 })).toMatchObject({ isRefunded: true })

  expect(cent).toEqual({ stripe_clearing: -1, vendor_payable: 1 })
  expect(part).toEqual({ stripe_clearing: -1233, platform_fee: 185, vendor_payable: 1048 })
  const all = [`charge:ch_${charge}`, ...[...parts, rest].map(({ id }) => `refund:${id}`)]
  expect(await ledgerOf(all)).toEqual({ stripe_clearing: 0, platform_fee: 0, vendor_payable: 0 })
})

test('a pending refund is in the ledger, but its charge counts as refunded only after it succeeded', async () => {
  const charge = await aPaidCharge()

  expect(await records(charge, [aRefund(charge, 4900, 'pending')])).toMatchObject({ isRefunded: false })
  expect(await rowOf(charge)).toMatchObject({ state: 'succeeded' })
  expect(await ledgerOf([`refund:${aRefund(charge).id}`])).toMatchObject({ stripe_clearing: -4900 })

  expect(await records(charge, [aRefund(charge)])).toMatchObject({ isRefunded: true })
})

test('a refund that fails after it succeeded is taken back once, and its money is owed again', async () => {
  const charge = await aPaidCharge()
  const failed = aRefund(charge, 4900, 'failed')
  await records(charge, [aRefund(charge)])

  expect(await records(charge, [failed])).toEqual({ isRefunded: false, failed: [failed.id] })
  expect(await records(charge, [failed])).toEqual({ isRefunded: false, failed: [] })

  expect(await rowOf(charge)).toMatchObject({ state: 'succeeded' })
  const keys = [`refund:${failed.id}`, `refund_failed:${failed.id}`]
  expect(await ledgerOf(keys)).toEqual({ stripe_clearing: 0, platform_fee: 0, vendor_payable: 0 })
  expect(await records(charge, [failed, aRefund(charge, 4900, 'succeeded', 2)])).toMatchObject({
    isRefunded: true,
  })
})
