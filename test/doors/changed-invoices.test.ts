import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openIncidents } from '#domain/incidents'
import { findInvoice } from '#domain/invoices'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aMember } from '../support/a-member.ts'
import { aPaidOrder } from '../support/a-paid-order.ts'
import type { Visitor } from '../support/a-visitor.ts'
import { aMcpDoor, type McpDoor } from '../support/mcp.ts'
import { aModernClient } from '../support/mcp-clients.ts'
import { textOf } from '../support/text-of.ts'

let doors: MarketApp
let door: McpDoor
let bought: Awaited<ReturnType<typeof aPaidOrder>>
let buyer: Visitor
let id: string
const at = new Date()
beforeAll(async () => {
  doors = await aMarketApp()
  door = await aMcpDoor({ db: doors.db })
  bought = await aPaidOrder(doors.market, { at })
  await bought.close()
  buyer = await doors.signedIn()
  ;({ id } = await find())
})
afterEach(() => doors.db.deleteFrom('incidents').execute())
afterAll(async () => {
  await door.close()
  await doors.close()
})

const find = () => findInvoice(doors.db, { org: bought.org, ref: bought.order, at })
const incidents = () => openIncidents(doors.db)

/** Changes the row as only the owner of the database can, while `run` runs. */
async function withChanged(change: string, run: () => Promise<void>, invoice = id): Promise<void> {
  const asOwner = (statement: string) =>
    sql
      .raw(
        `alter table invoices disable trigger user; ${statement}; alter table invoices enable trigger user`,
      )
      .execute(doors.db)
  await sql`create table kept as select ${sql.raw(COLUMNS)} from invoices where id = ${invoice}`.execute(
    doors.db,
  )
  await asOwner(`update invoices set ${change} where id = '${invoice}'`)
  try {
    await run()
  } finally {
    await asOwner(
      `update invoices i set (${COLUMNS}) = (select ${COLUMNS} from kept) where id = '${invoice}'; drop table kept`,
    )
  }
}
const COLUMNS = 'n, issued_at, total_amount, currency, document, document_sha256'

describe('an invoice whose row was changed', () => {
  test.for([
    [
      'the name of the buyer',
      `document = jsonb_set(document, '{buyer,name}', '"Somebody else"')`,
      'document',
    ],
    ['a price', `document = jsonb_set(document, '{lines,0,items,0,amount}', '1')`, 'document'],
    [
      'an amount that is no integer',
      `document = jsonb_set(document, '{lines,0,amount}', '49.5')`,
      'document',
    ],
    ['the hash', `document_sha256 = repeat('0', 64)`, 'document'],
    ['a hash that was removed', `document_sha256 = null`, 'document'],
    ['the number', 'n = n + 1', 'columns'],
    ['the time', `issued_at = issued_at - interval '1 second'`, 'columns'],
    ['the total', 'total_amount = total_amount + 1', 'columns'],
    ['the currency', `currency = 'USD'`, 'columns'],
  ] as const)('%s is noticed, and an operator is informed', async ([, change, detail]) => {
    await withChanged(change, async () => {
      await expect(find()).rejects.toMatchObject({ code: 'invoice_differs' })

      expect(await incidents()).toMatchObject([{ kind: 'invoice_differs', object: id, detail }])
    })
    expect(await find()).toMatchObject({ id })
  })

  test('page, PDF and tool refuse a changed invoice with a next step, and raise one incident', async () => {
    const member = await aMember({ door, market: doors.market }, aModernClient)

    await withChanged(`document = jsonb_set(document, '{buyer,name}', '"Somebody else"')`, async () => {
      const pdf = await buyer.get(`/account/invoices/${id}.pdf`)
      const page = await buyer.get(`/account/orders/${bought.order}`)
      const refusal = await member.refused('get_invoice', { invoice: bought.order })

      expect([pdf.statusCode, pdf.headers['content-type']]).toEqual([500, 'text/html; charset=utf-8'])
      expect(textOf(pdf.body)).toContain('Ask the operator of this market for this invoice.')
      expect(page.statusCode).toBe(200)
      expect(textOf(page.body)).toContain('differs from the issued one, so it is not shown')
      expect(page.body).not.toContain(`${id}.pdf`)
      expect(refusal).toMatchObject({ code: 'invoice_differs', retryable: false })
      for (const shown of [pdf.body, page.body, JSON.stringify(refusal)])
        expect(shown).not.toContain('Somebody else')
      expect(await incidents()).toMatchObject([{ object: id, times: 3 }])
    })
  })

  test.for([
    ['null', `'null'`],
    ['a document without lines', `document - 'lines' - 'issued'`],
    ['a line without an amount', `document - 'issued' #- '{lines,0,amount}'`],
    ['a document without its buyer', `document - 'buyer' - 'issued'`],
  ] as const)('%s without a hash is noticed', async ([, document]) => {
    await withChanged(`document = ${document}, document_sha256 = null`, async () => {
      await expect(find()).rejects.toMatchObject({ code: 'invoice_differs' })

      expect(await incidents()).toMatchObject([{ object: id, detail: 'document' }])
    })
  })

  test('without hash and issue it is no first invoice when the audit log has its hash', async () => {
    const asFirst = `document = jsonb_set(document - 'issued', '{buyer,name}', '"Somebody else"')`
    await withChanged(`${asFirst}, document_sha256 = null`, async () => {
      await expect(find()).rejects.toMatchObject({ code: 'invoice_differs' })

      expect(await incidents()).toMatchObject([{ object: id, detail: 'document' }])
    })
  })
})

test('the first invoices have no hash: they are shown, unless total or order differ', async () => {
  const { order } = await aPaidOrder(doors.market, { at })
  const first = order.replace('ord_', 'ivc_')
  await sql`insert into invoices (id, order_id, org_id, year, n, issued_at, total_amount, currency, document)
    select ${first}, ${order}, org_id, year, n + 1, issued_at, total_amount, currency,
           jsonb_set(document - 'issued', '{order}', to_jsonb(${order}::text))
      from invoices where id = ${id}`.execute(doors.db)
  const findFirst = () => findInvoice(doors.db, { org: bought.org, ref: order, at })

  expect(await findFirst()).toMatchObject({ id: first })
  for (const change of [
    'total_amount = total_amount + 1',
    `document = jsonb_set(document, '{order}', '"${bought.order}"')`,
    `document = jsonb_set(document, '{lines,0,amount}', '9007199254740991')`,
  ])
    await withChanged(
      change,
      async () => {
        await expect(findFirst()).rejects.toMatchObject({ code: 'invoice_differs' })
      },
      first,
    )
  await withChanged(`document = document - 'issued'`, async () => {
    await expect(find()).rejects.toMatchObject({ code: 'invoice_differs' })
  })
})
