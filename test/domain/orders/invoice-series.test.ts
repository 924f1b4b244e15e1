import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findInvoice, issueInvoice, startInvoiceSeries, taxText, termText } from '#domain/invoices'
import { canonicalJson } from '#kernel/canonical-json'
import { inTransaction } from '#platform/transactions'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'

const SEARCH = 'northwind/module-search'
const LABELS = 'fabrikam/module-labels'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

async function invoiced(at: Date, packages = ['northwind/module-search']) {
  const order = await aPaidOrder(market, { at, packages })
  await order.close()
  return findInvoice(database.db, { org: order.org, ref: order.order, at: new Date() })
}

describe('a series of invoices that begins after a restore', () => {
  test('a series that begins after a restore has no number of an earlier one in any year, and none of its own is missing', async () => {
    const { db } = database
    const year = async (of: string) => (await invoiced(new Date(`${of}-05-05T10:00:00Z`))).number
    const before = [await year('2011'), await year('2011')]

    const first = await startInvoiceSeries(db, { series: 1, at: new Date() })
    const after = [await year('2011'), await year('2011'), await year('2012')]
    const named = await startInvoiceSeries(db, { series: 3, at: new Date() })

    expect(before).toEqual(['2011-000001', '2011-000002'])
    expect(after).toEqual(['2011-10000001', '2011-10000002', '2012-10000001'])
    expect([first, named]).toEqual([
      { isStarted: true, current: 1 },
      { isStarted: true, current: 3 },
    ])
    expect(await year('2011')).toBe('2011-30000001')
  })

  test('a series that is not higher than the current one is not begun', async () => {
    const begin = (series: number) => startInvoiceSeries(database.db, { series, at: new Date() })
    for (const series of [3, 2, 0]) expect(await begin(series)).toEqual({ isStarted: false, current: 3 })
    const both = await Promise.all([begin(4), begin(4)])
    expect(both.filter(({ isStarted }) => isStarted)).toEqual([{ isStarted: true, current: 4 }])
    const events = await sql<{ object: string }>`
      select body::json ->> 'object' as object from audit_events where body like '%"start_invoice_series"%'
       order by seq`.execute(database.db)
    expect(events.rows.map(({ object }) => object)).toEqual(['1', '3', '4'])
  })

  test.for([
    'update invoice_number_series set series = 9 where series = 3',
    'delete from invoice_number_series',
    'truncate invoice_number_series',
  ])('the database refuses: %s', async (statement) => {
    await expect(sql.raw(statement).execute(database.db)).rejects.toThrow(/append-only/)
  })

  test.for([20_000_001, 30_000_003, 40_000_000])(
    'the database refuses the number %i, which begins no series and follows none',
    async (n) => {
      const order = await aPaidOrder(market)
      const insert = sql`
        insert into invoices (id, order_id, org_id, year, n, issued_at, total_amount, currency, document)
        select ${order.order.replace('ord_', 'ivc_')}, id, org_id, 2011, ${n}, '2011-06-01', 100, 'EUR', '{}'
          from orders where id = ${order.order}`
      await expect(insert.execute(database.db)).rejects.toThrow(/no predecessor|is full/)
    },
  )
})

describe('an invoice', () => {
  test('an invoice of a worker whose clock is ahead has the time of the database, and so have later ones', async () => {
    const ahead = await invoiced(new Date(Date.now() + 90 * 86_400_000))
    const next = await invoiced(new Date())

    for (const { issuedAt } of [ahead, next])
      expect(Math.abs(issuedAt.getTime() - Date.now())).toBeLessThan(60_000)
    expect(next.number > ahead.number).toBe(true)
  })

  test('a line that was not paid is not on the invoice, also before it is void', async () => {
    const { order, org } = await aPaidOrder(market, { packages: [SEARCH, LABELS] })
    const rolledBack = inTransaction(database.db, async (tx) => {
      await sql`update order_lines set paid_at = null where order_id = ${order} and total_amount = 1900`.execute(
        tx,
      )
      const at = new Date()
      await issueInvoice(tx, { order, org, currency: 'EUR', seller: A_SELLER, suppliedAt: at, at })
      const { document } = await findInvoice(tx, { org, ref: order, at: new Date() })
      throw new Error(document.lines.map(({ vendor }) => vendor).join())
    })

    await expect(rolledBack).rejects.toThrow(/^Northwind Modules$/)
  })

  test('an invoice keeps its words and the hash of its document', async () => {
    const at = new Date('2015-03-01T10:00:00Z')
    const { id, document } = await invoiced(at, ['northwind/module-stock'])
    const [item] = document.lines[0]?.items ?? []
    const words = 'Magento Open Source · new licence · 1 Mar 2015 to 1 Mar 2016'

    const row = database.db.selectFrom('invoices').select('document_sha256').where('id', '=', id)
    const hash = createHash('sha256').update(canonicalJson(document)).digest('hex')
    expect(await row.executeTakeFirst()).toEqual({ document_sha256: hash })
    expect([item?.text, document.tax.text]).toEqual([words, 'No tax was calculated or charged.'])
    // what was stored counts, not what we would write now; the first invoices stored nothing
    const other = { ...item, text: 'as it was' } as NonNullable<typeof item>
    const { text: _, ...first } = other
    expect([termText(other), termText(first)]).toEqual(['as it was', words])
    expect(taxText({ ...document.tax, text: 'other' })).toBe('other')
  })
})
