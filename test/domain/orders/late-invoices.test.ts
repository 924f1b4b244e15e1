import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spendPerMonth } from '#domain/invoices'
import { cancelOrder } from '#domain/orders'
import { openLogger } from '#platform/logger'
import { issueMissingInvoices } from '../../../src/relay/invoicing.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'

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

test('an invoice that is issued late is audited, and its order notes what was paid', async () => {
  const { db } = database
  const { order } = await aPaidOrder(market)
  await db.updateTable('orders').set({ closed_at: new Date() }).where('id', '=', order).execute()

  await issueMissingInvoices({ db, seller: A_SELLER, log: openLogger({ level: 'silent' }) })

  const kept = db.selectFrom('orders').select('kept_amount').where('id', '=', order)
  expect(await kept.executeTakeFirst()).toEqual({ kept_amount: 4900 })
  const events = await sql<{ object: string }>`
    select body::json ->> 'object' as object from audit_events where body like '%"issue_invoice"%'`.execute(
    db,
  )
  expect(events.rows).toEqual([{ object: order }])
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
