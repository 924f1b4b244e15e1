import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openIncidents } from '#domain/incidents'
import { findInvoice } from '#domain/invoices'
import { cancelOrder, noteNotInvoiced, ordersToInvoice } from '#domain/orders'
import { openLogger } from '#platform/logger'
import { issueMissingInvoices } from '../../../src/relay/invoicing.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'

const MINUTE_MS = 60_000

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let broken: Awaited<ReturnType<typeof closedWithoutInvoice>>
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterEach(async () => {
  await mended()
  await look(100_000)
})
afterAll(() => database.close())

const start = new Date()
const inMinutes = (minutes: number) => new Date(start.getTime() + minutes * MINUTE_MS)
const look = (minutes: number) =>
  issueMissingInvoices({
    db: database.db,
    seller: A_SELLER,
    log: openLogger({ level: 'silent' }),
    now: () => inMinutes(minutes),
  })

async function closedWithoutInvoice() {
  const order = await aPaidOrder(market)
  await database.db.updateTable('orders').set({ closed_at: start }).where('id', '=', order.order).execute()
  return order
}
/** A closed order of which the database accepts no invoice. */
async function aBrokenOrder() {
  broken = await closedWithoutInvoice()
  await sql`alter table invoices add constraint broken check (order_id <> ${sql.lit(broken.order)})`.execute(
    database.db,
  )
}
const mended = () => sql`alter table invoices drop constraint if exists broken`.execute(database.db)
const invoiceOf = ({ order, org }: typeof broken) => findInvoice(database.db, { org, ref: order, at: start })
const incidents = () => openIncidents(database.db)
const failure = () =>
  database.db
    .selectFrom('invoice_failures')
    .select(['tries', 'next_try_at'])
    .where('order_id', '=', broken.order)
    .executeTakeFirst()

describe('an order that cannot be invoiced', () => {
  test('an order that cannot be invoiced does not delay others, and is invoiced when the cause is gone', async () => {
    await aBrokenOrder()
    const next = await closedWithoutInvoice()

    await look(0)

    expect((await invoiceOf(next)).number).toBeDefined()
    await expect(invoiceOf(broken)).rejects.toMatchObject({ code: 'invoice_not_found' })
    await mended()
    await look(1)
    expect((await invoiceOf(broken)).number).toBeDefined()
    expect([await failure(), await incidents()]).toEqual([undefined, []])
  })

  test('it is tried after 1, 2, 4, 8, … minutes and at most hourly, and at the fifth try it needs an operator', async () => {
    await aBrokenOrder()

    const tried = []
    const entries = []
    for (let minute = 0; minute < 240; minute++) {
      const before = (await failure())?.tries ?? 0
      await look(minute)
      if (((await failure())?.tries ?? 0) > before) tried.push(minute)
      entries.push((await incidents()).length)
    }

    expect(entries.indexOf(1)).toBe(15)
    expect(tried).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183])
    expect(await incidents()).toMatchObject([
      {
        kind: 'order_not_invoiced',
        object: broken.order,
        detail: 'error 23514',
        since: start,
        lastAt: inMinutes(183),
        times: 5,
      },
    ])
  }, 60_000)

  test('its entry ends when its invoice is issued, and when its order is taken back', async () => {
    for (const end of [
      async () => {
        await mended()
        await look(60)
      },
      () => cancelOrder(database.db, { operationId: broken.operation, at: inMinutes(60) }),
    ]) {
      await aBrokenOrder()
      for (const minute of [0, 1, 3, 7, 15]) await look(minute)
      expect(await incidents()).toMatchObject([{ object: broken.order, times: 1 }])

      await end()

      expect([await failure(), await incidents()]).toEqual([undefined, []])
      await mended()
    }
  })

  test.for([
    ['invoices it', { invoiced_at: start, kept_amount: 100 }],
    ['takes it back', { closed_at: null, cancelled_at: start }],
  ] as const)('its entry ends when a worker of an older build %s', async ([, as]) => {
    await aBrokenOrder()
    for (const minute of [0, 1, 3, 7, 15]) await look(minute)
    const before = await incidents()
    await database.db.updateTable('orders').set(as).where('id', '=', broken.order).execute()

    await look(16)

    expect(before).toMatchObject([{ object: broken.order }])
    expect([await failure(), await incidents()]).toEqual([undefined, []])
  })

  test('two workers that fail with it at the same time count one try', async () => {
    await aBrokenOrder()

    await Promise.all([look(0), look(0)])

    expect(await failure()).toEqual({ tries: 1, next_try_at: inMinutes(1) })
    expect(await ordersToInvoice(database.db, { after: undefined, limit: 10, at: start })).toEqual([])
  })

  test('a worker that failed notes nothing when another one has issued the invoice', async () => {
    await aBrokenOrder()
    await mended()
    await look(0)

    await noteNotInvoiced(database.db, { order: broken.order, reason: 'error 40001', at: start })

    expect(await failure()).toBeUndefined()
  })
})
