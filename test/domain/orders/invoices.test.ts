import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { changeBillingDetails } from '#domain/billing'
import { findInvoice, issueInvoice } from '#domain/invoices'
import { cancelOrder } from '#domain/orders'
import type { OrgId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import { inTransaction } from '#platform/transactions'
import { issueMissingInvoices } from '../../../src/relay/invoicing.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'

const SEARCH = 'northwind/module-search'
const HELLO = 'northwind/module-hello'
const STOCK = 'northwind/module-stock'
const LABELS = 'fabrikam/module-labels'
const log = openLogger({ level: 'silent' })

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** The numbers of a year, in order. */
const numbersOf = async (year: number) => {
  const ofYear = sql<{
    n: number
    issued_at: Date
  }>`select n, issued_at from invoices where year = ${year} order by n`
  const { rows } = await ofYear.execute(database.db)
  return { numbers: rows.map(({ n }) => n), times: rows.map(({ issued_at }) => issued_at.getTime()) }
}
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
const invoiceOf = ({ order, org }: { order: string; org: OrgId }) =>
  findInvoice(database.db, { org, ref: order, at: new Date() })
const receipts = () =>
  database.db
    .selectFrom('mails')
    .select(['key', 'to_address', 'data'])
    .where('kind', '=', 'receipt')
    .execute()
const receiptOf = async ({ order }: { order: string }) =>
  (await receipts()).filter(({ key }) => key === `receipt/${order}`)

/** As before there were invoices: the order is closed, and nobody has invoiced it. */
async function closedWithoutInvoice(closedAt: Date) {
  const order = await aPaidOrder(market)
  await database.db.updateTable('orders').set({ closed_at: closedAt }).where('id', '=', order.order).execute()
  return order
}

describe('numbers of invoices', () => {
  test('ten orders that close at once get numbers without a gap or a duplicate', async () => {
    const at = new Date('2011-05-05T10:00:00Z')
    const orders = []
    for (let i = 0; i < 10; i++)
      orders.push(await aPaidOrder(market, { at: new Date(at.getTime() + i * 1000) }))

    await Promise.all(orders.map(({ close }) => close()))
    await Promise.all(orders.map(({ close }) => close()))

    const { numbers, times } = await numbersOf(2011)
    expect(numbers).toEqual(upTo(10))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  }, 30_000)

  test('a number of a transaction that is rolled back is given to the next invoice', async () => {
    const at = new Date('2012-05-05T10:00:00Z')
    const [first, second] = [await aPaidOrder(market, { at }), await aPaidOrder(market, { at })]
    const rolledBack = inTransaction(database.db, async (tx) => {
      const { order, org } = first
      const wanted = { order, org, currency: 'EUR', seller: A_SELLER, suppliedAt: at, at }
      expect(await issueInvoice(tx, wanted)).toBe('2012-000001')
      throw new Error('lost')
    })
    await expect(rolledBack).rejects.toThrow('lost')

    await second.close()
    await first.close()

    expect((await invoiceOf(second)).number).toBe('2012-000001')
    expect((await invoiceOf(first)).number).toBe('2012-000002')
  })

  test('each year (UTC) begins with 1, and the times of a year never go back', async () => {
    const close = async (at: string) => {
      const order = await aPaidOrder(market, { at: new Date(at) })
      await order.close()
      return invoiceOf(order)
    }
    const [last, next, late] = [
      await close('2013-12-31T23:59:59.999Z'),
      await close('2014-01-01T00:00:00.000Z'),
      await close('2013-12-30T10:00:00.000Z'),
    ]

    expect([last.number, next.number, late.number]).toEqual(['2013-000001', '2014-000001', '2013-000002'])
    expect(late.issuedAt).toEqual(last.issuedAt)
  })

  test.for([
    ['changed', sql`update invoices set total_amount = 1`],
    ['deleted', sql`delete from invoices`],
    ['truncated', sql`truncate invoices`],
  ] as const)('the database refuses that invoices are %s', async ([, statement]) => {
    await expect(statement.execute(database.db)).rejects.toThrow(/append-only/)
  })

  test('the database refuses a number that leaves a gap', async () => {
    const order = await aPaidOrder(market)
    const insert = sql`insert into invoices (id, order_id, org_id, year, n, issued_at, total_amount, currency, document)
      select ${order.order.replace('ord_', 'ivc_')}, id, org_id, 2011, 22, '2011-06-01', 100, 'EUR', '{}' from orders
       where id = ${order.order}`
    await expect(insert.execute(database.db)).rejects.toThrow(/no predecessor/)
  })
})

describe('what an invoice says', () => {
  test('it has seller, buyer, each package with its term, card and total, and never changes; the buyer gets a receipt', async () => {
    const at = new Date('2015-03-01T10:00:00Z')
    const order = await aPaidOrder(market, { packages: [SEARCH, HELLO, STOCK, LABELS], at })
    await order.close()
    const before = await invoiceOf(order)

    await changeBillingDetails(database.db, {
      org: order.org,
      by: market.caller('buyer'),
      typed: {
        legalName: 'Acme Retail S.A.',
        address: '1 rue X',
        country: 'FR',
        email: 'invoices@acme.example',
      },
      at,
    })

    expect(await invoiceOf(order)).toEqual(before)
    expect(before).toMatchObject({
      total: { amountMinor: 4900 + 9900 + 1900, currency: 'EUR' },
      document: {
        seller: A_SELLER,
        buyer: { name: 'Acme Retail', address: [] },
        suppliedAt: at.toISOString(),
        tax: { kind: 'none', amount: 0, text: 'No tax was calculated or charged.' },
        lines: [
          {
            vendor: 'Northwind Modules',
            amount: 14_800,
            card: { brand: 'visa', last4: '4242' },
            items: [
              { package: HELLO, model: 'free', amount: 0 },
              { package: SEARCH, model: 'one_time', amount: 4900, isRenewal: false },
              {
                package: STOCK,
                amount: 9900,
                term: { from: at.toISOString(), until: '2016-03-01T10:00:00.000Z' },
              },
            ],
          },
          { vendor: 'Fabrikam', amount: 1900 },
        ],
      },
    })
    // without an address for invoices
    expect(await receiptOf(order)).toEqual([expect.objectContaining({ to_address: 'buyer@example.test' })])
  })

  test('the next invoice is made out to the new details, and its receipt goes to the address there, once', async () => {
    const order = await aPaidOrder(market)
    await order.close()
    await order.close()

    const { document, number } = await invoiceOf(order)
    expect(document.buyer).toEqual({ name: 'Acme Retail S.A.', address: ['1 rue X', 'France'] })
    expect(await receiptOf(order)).toEqual([
      {
        key: `receipt/${order.order}`,
        to_address: 'invoices@acme.example',
        data: { number, order: order.order, org: 'Acme Retail', total: '49.00 EUR' },
      },
    ])
  })

  test('a line that was not bought is not on the invoice', async () => {
    const order = await aPaidOrder(market, { packages: [SEARCH, LABELS] })
    await sql`update order_lines set paid_at = null, voided_at = now() where order_id = ${order.order} and total_amount = 1900`.execute(
      database.db,
    )
    await order.close()

    const { total, document } = await invoiceOf(order)
    expect(total.amountMinor).toBe(4900)
    expect(document.lines).toHaveLength(1)
  })

  test('an order that cost nothing gets no invoice and no receipt', async () => {
    const order = await aPaidOrder(market, { packages: [HELLO] })
    await order.close()

    await expect(invoiceOf(order)).rejects.toMatchObject({ code: 'invoice_not_found' })
    expect(await receiptOf(order)).toEqual([])
    const row = database.db.selectFrom('orders').select('invoiced_at').where('id', '=', order.order)
    expect(await row.executeTakeFirst()).toEqual({ invoiced_at: expect.any(Date) })
  })
})

describe('orders that were closed before there were invoices', () => {
  test('they are invoiced once, the first to close first, by two workers at once; a taken back one is not', async () => {
    const day = 86_400_000
    const last = await closedWithoutInvoice(new Date(Date.now() - day))
    const first = await closedWithoutInvoice(new Date(Date.now() - 3 * day))
    const takenBack = await closedWithoutInvoice(new Date(Date.now() - 2 * day))
    await cancelOrder(database.db, { operationId: takenBack.operation, at: new Date() })
    const mails = (await receipts()).length

    const deps = { db: database.db, seller: A_SELLER, log }
    await Promise.all([issueMissingInvoices(deps), issueMissingInvoices(deps)])
    await issueMissingInvoices(deps)

    const [a, b] = [await invoiceOf(first), await invoiceOf(last)]
    expect(a.number < b.number).toBe(true)
    expect(a.document.suppliedAt < a.issuedAt.toISOString()).toBe(true)
    await expect(invoiceOf(takenBack)).rejects.toMatchObject({ code: 'invoice_not_found' })
    const { numbers } = await numbersOf(new Date().getUTCFullYear())
    expect(numbers).toEqual(upTo(numbers.length))
    expect(await receipts()).toHaveLength(mails)
  })
})
