import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findInvoice } from '#domain/invoices'
import { mintId } from '#kernel/ids'
import { aLicence } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aPaidOrder } from '../support/a-paid-order.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { invoicePdf } from '../../src/api/customer-area/orders/invoice-pdf.ts'
import { textOf } from '../support/text-of.ts'

const PACKAGES = ['northwind/module-search', 'northwind/module-hello', 'fabrikam/module-labels'] as const

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
let doors: MarketApp
let bought: Awaited<ReturnType<typeof aPaidOrder>>
let buyer: Visitor
let invoice: Awaited<ReturnType<typeof findInvoice>>
const at = new Date()
beforeAll(async () => {
  doors = await aMarketApp()
  bought = await aPaidOrder(doors.market, { packages: PACKAGES, at })
  await bought.close()
  invoice = await findInvoice(doors.db, { org: bought.org, ref: bought.order, at: new Date() })
  buyer = await doors.signedIn('buyer')
})
afterAll(() => doors.close())

const pdf = () => `/account/invoices/${invoice.id}.pdf`
const order = () => `/account/orders/${bought.order}`

describe('the pages of orders', () => {
  test('the list shows each order with its invoice, and what was spent in each month', async () => {
    const { statusCode, body } = await buyer.get('/account/orders')

    expect(statusCode).toBe(200)
    const text = textOf(body)
    for (const part of ['fabrikam/module-labels', 'and 2 more', `Invoice ${invoice.number}`, '68.00 EUR'])
      expect(text).toContain(part)
    expect(text).toContain(`Spent per month in EUR`)
    expect(text).toMatch(new RegExp(`\\b${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()} 68\\.00 EUR`))
    expect(body).toContain(`href="${order()}"`)
  })

  test('older orders follow on the next page, and the CSV has all of the filter', async () => {
    const until = '2026-02-01'
    for (let day = 1; day <= 30; day++)
      await aLicence(doors.market, {
        package: 'northwind/module-search',
        at: new Date(Date.UTC(2026, 0, day)),
      })
    const first = await buyer.get(`/account/orders?until=${until}`)
    const [, next = ''] = /href="([^"]*after[^"]*)"/.exec(first.body) ?? []
    const second = await buyer.get(next.replaceAll('&#38;', '&'))
    const csv = await buyer.get(`/account/orders.csv?until=${until}`)

    const linked = ({ body }: { body: string }) =>
      [...body.matchAll(/\/account\/orders\/(ord_\w+)/g)].map(([, id]) => id)
    expect([linked(first).length, linked(second).length]).toEqual([25, 5])
    expect(new Set([...linked(first), ...linked(second)]).size).toBe(30)
    const lines = csv.body.trimEnd().split('\r\n')
    expect(lines[0]).toBe('order,status,placed_at,ended_at,amount,paid,currency,packages,invoice')
    expect(lines).toHaveLength(31)
    expect(lines[1]).toMatch(/completed,.*,49\.00,49\.00,EUR/)
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect((await buyer.get('/account/orders.csv')).body).toContain(
      `fabrikam/module-labels northwind/module-hello northwind/module-search,${invoice.number}`,
    )
  })

  test('an order shows its lines, its licences and its receipt', async () => {
    const { statusCode, body } = await buyer.get(order())

    expect(statusCode).toBe(200)
    const text = textOf(body)
    for (const part of [
      'Northwind Modules',
      'Fabrikam',
      'bought',
      'Paid',
      'Visa ending in 4242',
      '19.00 EUR',
    ])
      expect(text).toContain(part)
    expect(text).toContain('No tax was calculated or charged.')
    expect(body).toContain(`href="${pdf()}"`)
  })

  test('the PDF of an invoice has the same bytes each time', async () => {
    const [first, second] = [await buyer.get(pdf()), await buyer.get(pdf())]

    expect(first.headers['content-type']).toBe('application/pdf')
    expect(first.headers['content-disposition']).toBe(`inline; filename="invoice-${invoice.number}.pdf"`)
    expect(first.rawPayload.subarray(0, 5).toString()).toBe('%PDF-')
    expect(first.rawPayload.equals(second.rawPayload)).toBe(true)
  })

  test('the PDF has the licences, the total and the card of its invoice, and long names begin new pages', async () => {
    const { document } = invoice
    const [first, ...others] = document.lines
    const [item] = first?.items ?? []
    if (!first || !item) throw new Error('the invoice has no line')
    const lines = (line: typeof first) => ({
      ...invoice,
      document: { ...document, lines: [line, ...others] },
    })
    const before = await invoicePdf(invoice)

    const changed = [
      lines({ ...first, items: [{ ...item, package: 'northwind/another' }, ...first.items.slice(1)] }),
      { ...invoice, total: { ...invoice.total, amountMinor: invoice.total.amountMinor + 1 } },
      lines({ ...first, card: { brand: 'visa', last4: '0001' } }),
    ]
    for (const other of changed) expect((await invoicePdf(other)).equals(before)).toBe(false)
    const long = { ...first, vendor: 'A vendor '.repeat(22) }
    const many = await invoicePdf({ ...invoice, document: { ...document, lines: Array(60).fill(long) } })
    expect(many.toString('latin1').match(/\/Type \/Page\b/g)?.length).toBeLessThan(25)
  })

  test('an org without orders is told what comes here', async () => {
    const { body } = await (await doors.signedIn('newvendor')).get('/account/orders')

    expect(textOf(body)).toContain('No orders yet')
  })
})

describe('who may see orders and invoices', () => {
  test.for([() => order(), () => pdf()])(
    'a stranger finds nothing, and neither does an absent id',
    async (path) => {
      const stranger = await doors.signedIn('newvendor')
      const answers = [
        await stranger.get(path()),
        await buyer.get(
          path().replace(/(ord|ivc)_\w+/, (id) => mintId(id.slice(0, 3) as 'ord', at, Math.random)),
        ),
        await buyer.get(path().replace(/(ord|ivc)_\w+/, 'nothing')),
      ]

      for (const { statusCode, body } of answers) {
        expect(statusCode).toBe(404)
        expect(textOf(body)).toContain('There is nothing here')
      }
    },
  )

  test.for([() => order(), () => pdf(), () => '/account/orders.csv'])(
    'a viewer of the org is not allowed to, and who is not signed in has to sign in',
    async (path) => {
      expect((await (await doors.signedIn('viewer')).get(path())).statusCode).toBe(403)
      expect((await aVisitor(doors.app).get(path())).statusCode).toBe(303)
    },
  )
})
