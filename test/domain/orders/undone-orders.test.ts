import { afterAll, beforeAll, expect, test } from 'vitest'
import { readCart } from '#domain/cart'
import { abandonLine, cancelOrder } from '#domain/orders'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** The states of the charge, licences, slots and cart items of an order. */
async function heldBy({ order, project }: Awaited<ReturnType<typeof anOpenLine>>) {
  const { db } = database
  const charges = await db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .select('c.state')
    .where('l.order_id', '=', order)
    .execute()
  const licences = await db
    .selectFrom('licences as l')
    .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
    .innerJoin('order_lines as n', 'n.id', 'i.line_id')
    .select('l.status')
    .where('n.order_id', '=', order)
    .execute()
  const slots = await db.selectFrom('activations').select('id').where('reserved_for', '=', project).execute()
  const { items } = await readCart(db, market.org('acme-retail'))
  return {
    charge: charges.map(({ state }) => state).join(),
    licence: licences.map(({ status }) => status).join(),
    slots: slots.length,
    cart: items.map(({ isHeld }) => (isHeld ? 'held' : 'free')).join(),
  }
}
const HOLDING = { charge: 'pending', licence: 'reserved', slots: 1, cart: 'held' }

test('a line that is given up holds no licence, no slot and no cart item', async () => {
  const open = await anOpenLine(market, { from: 'the cart' })
  expect(await heldBy(open)).toEqual(HOLDING)

  await abandonLine(database.db, open.line, new Date())

  expect(await heldBy(open)).toEqual({ charge: 'pending', licence: '', slots: 0, cart: 'free' })
})

test('an order that is cancelled before its first charge holds nothing, and its charge is closed', async () => {
  const open = await anOpenLine(market, { from: 'the cart' })
  expect(await heldBy(open)).toEqual(HOLDING)

  for (let undo = 0; undo < 2; undo++)
    await cancelOrder(database.db, { operationId: open.operation, at: new Date() })

  expect(await heldBy(open)).toEqual({ charge: 'cancelled', licence: '', slots: 0, cart: 'free' })
  const row = database.db
    .selectFrom('orders')
    .select(['cancelled_at', 'closed_at'])
    .where('id', '=', open.order)
  expect(await row.executeTakeFirstOrThrow()).toEqual({ cancelled_at: expect.any(Date), closed_at: null })
})
