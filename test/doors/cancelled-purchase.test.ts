import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { findCharge } from '#domain/billing'
import { cancelOrder, keepIntent, recordPaid, recordRefunds } from '#domain/orders'
import type { OperationId } from '#kernel/ids'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { anOpenLine } from '../support/an-open-line.ts'
import { aPaidOrder } from '../support/a-paid-order.ts'
import { aRun } from '../support/a-run.ts'
import type { Visitor } from '../support/a-visitor.ts'
import { textOf } from '../support/text-of.ts'

const at = new Date()
const TWO = ['northwind/module-search', 'fabrikam/module-labels']
let door: MarketApp
let buyer: Visitor
beforeAll(async () => {
  door = await aMarketApp()
  buyer = await door.signedIn()
})
// a package that is being bought is not bought again
afterEach(() =>
  door.db
    .updateTable('operations')
    .set({ status: 'cancelled', finished_at: at })
    .where('finished_at', 'is', null)
    .execute(),
)
afterAll(() => door.close())

const operationRow = (id: OperationId) => door.db.updateTable('operations').where('id', '=', id)

async function pathOf(id: OperationId): Promise<string> {
  const row = door.db.selectFrom('operations').select('link').where('id', '=', id)
  return `/o/${(await row.executeTakeFirstOrThrow()).link}`
}

const pageOf = async (id: OperationId) => (await buyer.get(await pathOf(id))).body

/** A purchase that waits for its first charge, and whose cancellation is requested on its page. */
async function aStoppedPurchase(packages?: string[]) {
  const opened = await anOpenLine(door.market, { ...(packages && { packages }) })
  const run = aRun(door.db, opened.operation)
  await run.waits('authentication')
  const page = await pathOf(opened.operation)
  await buyer.get(page)
  const stopped = await buyer.post(`/account/operations/${opened.operation}/stop`, { continue: page })
  expect(stopped.headers.location).toBe(page)
  return { ...opened, run, page }
}

/** Pays the first line, as its charge would. */
async function paidFirst(operation: OperationId) {
  const line = await door.db
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select('l.id')
    .where('o.operation_id', '=', operation)
    .orderBy('l.position')
    .executeTakeFirstOrThrow()
  const charge = await findCharge(door.db, line.id)
  if (!charge) throw new Error('the line has no charge')
  await keepIntent(door.db, { line: line.id, charge: charge.id, intentId: `pi_${line.id}` })
  await recordPaid(door.db, {
    line: line.id,
    charge,
    stripeChargeId: `ch_${line.id}`,
    feeBasisPoints: 1500,
    at,
  })
}

describe('a purchase whose cancellation was requested', () => {
  test('shows the cancellation as the current step, and no charge', async () => {
    const { operation, run } = await aStoppedPurchase(TWO)
    const waits = await pageOf(operation)
    await run.goesOn()
    const runs = await pageOf(operation)

    for (const body of [waits, runs]) {
      expect(body).toContain('<h1>Cancelling</h1>')
      expect(body.match(/aria-current="step"/g)).toHaveLength(1)
      expect(body).toMatch(/class="step-current"[^]*?We cancel what is not paid/)
      expect(textOf(body)).not.toContain('We activate the licences')
    }
  })

  test('still says that the licences are activated when a vendor was paid', async () => {
    const { operation, run } = await aStoppedPurchase(TWO)
    await run.goesOn()
    await paidFirst(operation)

    const body = await pageOf(operation)

    expect(body).toMatch(/step-done"[^]*step-current"[^]*We cancel what[^]*step-later"[^]*We activate/)
  })

  test('goes on as a purchase when all of it was paid before the request', async () => {
    const { operation } = await aPaidOrder(door.market)
    await operationRow(operation).set({ cancel_requested_at: at, cancellable: false }).execute()

    const body = await pageOf(operation)

    expect(body).toContain('<h1>Working on it</h1>')
    expect(textOf(body)).not.toContain('We cancel what is not paid')
  })

  test('is listed as stopping, and waits for nobody on the overview', async () => {
    const { page } = await aStoppedPurchase()

    const [listed, overview] = [await buyer.get('/account/operations'), await buyer.get('/account')]

    const row = listed.body.split('<li>').find((each) => each.includes(page)) ?? ''
    expect(textOf(row)).toContain('stopping')
    expect(textOf(row)).not.toContain('waits for you')
    expect(overview.body).not.toContain(page)
  })
})

describe('the page of a cancelled purchase says what became of the money', () => {
  /** Two vendors are paid, then all of it is taken back. */
  async function aTakenBack() {
    const bought = await aPaidOrder(door.market, { packages: TWO, at })
    await cancelOrder(door.db, { operationId: bought.operation, at })
    await aRun(door.db, bought.operation).isCancelled()
    return bought
  }
  type Line = Awaited<ReturnType<typeof aTakenBack>>['lines'][number]
  async function paidBack({ id: line, amount: { amountMinor } }: Line) {
    const charge = await findCharge(door.db, line)
    if (!charge) throw new Error('the line has no charge')
    const refunds = [{ id: `re_${randomUUID()}`, n: 1, status: 'succeeded', amountMinor } as const]
    const [intentId, stripeChargeId] = [`pi_${line}`, `ch_${line}`]
    await recordRefunds(door.db, {
      line,
      charge,
      intentId,
      stripeChargeId,
      refunds,
      feeBasisPoints: 1500,
      at,
    })
  }
  const said = async (id: OperationId) => textOf(await pageOf(id))

  test('nothing was charged', async () => {
    const { operation } = await anOpenLine(door.market)
    await cancelOrder(door.db, { operationId: operation, at })
    await aRun(door.db, operation).isCancelled()

    expect(await said(operation)).toMatch(/Nothing was charged\..* Was not bought 49\.00 EUR/)
  })

  test('each sum is being paid back, or has been', async () => {
    const { operation, order, lines } = await aTakenBack()
    const [first, second] = lines
    if (!first || !second) throw new Error('the order has two lines')

    const none = await said(operation)
    await paidBack(first)
    const one = await said(operation)
    await paidBack(second)
    const both = await said(operation)

    expect(none).toContain('68.00 EUR was charged and is being paid back.')
    expect(one).toMatch(/49\.00 EUR was charged and has been paid back\. 19\.00 EUR was charged and is being/)
    expect(both).toContain('68.00 EUR was charged and has been paid back.')
    for (const page of [none, one, both]) expect(page).not.toContain('Nothing was charged')
    const { body } = await buyer.get(`/account/orders/${order}`)
    expect(textOf(body)).toMatch(/not bought Paid back .* not bought Paid back /)
  })

  test('a charge whose undo does not know its result is not called free', async () => {
    const { operation, line, charge, order } = await anOpenLine(door.market)
    await keepIntent(door.db, { line, charge: charge.id, intentId: `pi_${line}` })
    await cancelOrder(door.db, { operationId: operation, at })
    await aRun(door.db, operation).isCancelled()

    const page = await said(operation)
    const { body } = await buyer.get(`/account/orders/${order}`)

    expect(textOf(body)).toContain('not bought Not known yet whether it was charged; if so, it is paid back')
    expect(page).toContain('We do not know yet whether 49.00 EUR was charged; if it was, it is paid back.')
    expect(page).not.toContain('Nothing was charged')
  })
})

test('the receipt names the vendor of what was not bought', async () => {
  const { operation } = await aPaidOrder(door.market, { packages: TWO })
  const refused = { vendor: 'fabrikam', packages: ['fabrikam/module-labels'], code: 'card_declined' }
  const total = { amount_minor: 4900, currency: 'EUR', text: '49.00 EUR' }
  await aRun(door.db, operation).completes({
    total,
    refused: [{ ...refused, message: 'The card was declined.' }],
  })

  const { name } = await door.db
    .selectFrom('vendors')
    .select('name')
    .where('slug', '=', 'fabrikam')
    .executeTakeFirstOrThrow()
  expect(name).not.toBe('fabrikam')
  expect(textOf(await pageOf(operation))).toContain(`From ${name}. The card was declined.`)
})

test('the order of a purchase that waits leads the person who began it to what it waits for, and nobody else', async () => {
  const { operation, order } = await anOpenLine(door.market)
  const colleague = await door.signedIn('billing')
  const path = `/account/orders/${order}`

  const own = await buyer.get(path)
  const other = await colleague.get(path)

  expect(own.body).toContain(`href="/account/operations/${operation}"`)
  expect(other.body).not.toContain('/account/operations/')
  expect(textOf(other.body)).toContain('Bea Buyer sees what it waits for.')
  for (const { body } of [own, other]) {
    expect(textOf(body)).toContain('Not paid yet')
    expect(textOf(body)).not.toMatch(/Nothing to pay|Bought/)
  }
})
