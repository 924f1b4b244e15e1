import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueInvoice, spendPerMonth } from '#domain/invoices'
import { cancelOrder } from '#domain/orders'
import type { OrderId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import { inTransaction } from '#platform/transactions'
import { issueMissingInvoices } from '../../../src/relay/invoicing.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'
import { writtenBy } from '../../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

describe('what an org spent per month', () => {
  test('an order that is taken back after its invoice is no more in the sum of its month', async () => {
    const at = new Date('2021-05-05T10:00:00Z')
    const [kept, takenBack] = [await aPaidOrder(market, { at }), await aPaidOrder(market, { at })]
    const later = await aPaidOrder(market, { at: new Date('2021-06-05T10:00:00Z') })
    for (const each of [kept, takenBack, later]) await each.close()
    const spent = () =>
      spendPerMonth(database.db, { org: kept.org, months: 2, at: new Date('2021-06-30T10:00:00Z') })
    const month = (name: string, amountMinor: number) => ({
      month: name,
      total: { amountMinor, currency: 'EUR' },
    })
    expect(await spent()).toEqual([month('2021-05', 9800), month('2021-06', 4900)])

    for (const { operation: operationId } of [takenBack, later])
      await cancelOrder(database.db, { operationId, at })

    expect(await spent()).toEqual([month('2021-05', 4900)])
  })
})

test('an order that is invoiced late notes what was paid', async () => {
  const { db } = database
  const { order } = await aPaidOrder(market)
  await db.updateTable('orders').set({ closed_at: new Date() }).where('id', '=', order).execute()

  await issueMissingInvoices({ db, seller: A_SELLER, log: openLogger({ level: 'silent' }) })

  const kept = db.selectFrom('orders').select('kept_amount').where('id', '=', order)
  expect(await kept.executeTakeFirst()).toEqual({ kept_amount: 4900 })
})

test('an invoice is audited with its number and hash, when the order closes and when it is issued late', async () => {
  const { db } = database
  const closing = await aPaidOrder(market)
  const late = await aPaidOrder(market)

  const events = async (run: () => Promise<unknown>) =>
    (await writtenBy(db, run)).filter(({ action }) => action === 'issue_invoice')
  const atOnce = await events(() => closing.close())
  await db.updateTable('orders').set({ closed_at: new Date() }).where('id', '=', late.order).execute()
  const later = await events(() =>
    issueMissingInvoices({ db, seller: A_SELLER, log: openLogger({ level: 'silent' }) }),
  )
  const again = await events(() => closing.close())

  const expected = async (order: string) => {
    const row = db.selectFrom('invoices').select(['number', 'document_sha256', 'org_id'])
    const { org_id: org, ...detail } = await row
      .where('order_id', '=', order as OrderId)
      .executeTakeFirstOrThrow()
    return { outcome: 'done', org, object: order, detail }
  }
  const by = { customer: market.person('buyer'), operation: closing.operation }
  expect(atOnce).toMatchObject([{ ...(await expected(closing.order)), ...by }])
  expect(later).toMatchObject([await expected(late.order)])
  expect(later).not.toMatchObject([{ customer: expect.anything() }])
  expect(again).toEqual([])
})

test('when an invoice is rolled back, its audit event is, too', async () => {
  const { db } = database
  const { order, org } = await aPaidOrder(market)
  const at = new Date()

  const lost = () =>
    inTransaction(db, async (tx) => {
      await issueInvoice(tx, { order, org, currency: 'EUR', seller: A_SELLER, suppliedAt: at, at })
      throw new Error('lost')
    })
  const written = await writtenBy(db, () => expect(lost()).rejects.toThrow('lost'))

  expect(written).toEqual([])
})

test('an order keeps only what was bought when it closes', async () => {
  const { db } = database
  const { order, close } = await aPaidOrder(market, {
    packages: ['northwind/module-search', 'fabrikam/module-labels'],
  })
  await sql`update order_lines set paid_at = null, voided_at = now() where order_id = ${order} and total_amount = 1900`.execute(
    db,
  )
  await close()

  const kept = db.selectFrom('orders').select('kept_amount').where('id', '=', order)
  expect(await kept.executeTakeFirst()).toEqual({ kept_amount: 4900 })
})
