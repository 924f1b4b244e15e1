import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findCharge } from '#domain/billing'
import { addToCart, readCart } from '#domain/cart'
import {
  abandonLine,
  cancelOrder,
  deliverPurchase,
  keepIntent,
  recordPaid,
  type RefusedLine,
  settleLine,
} from '#domain/orders'
import { mintId, type OperationId } from '#kernel/ids'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import { inTransaction } from '#platform/transactions'
import { orderActivities } from '../../../src/activities/orders.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { A_SELLER } from '../../support/a-seller.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
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

test.for(['begun at the bank', 'paid'] as const)(
  'the payment of an order that is cancelled without the undo of its lines is looked at soon, when it was %s',
  async (moment) => {
    const { db } = database
    const { line, charge, operation } = await anOpenLine(market)
    const at = new Date()
    await keepIntent(db, { line, charge: charge.id, intentId: `pi_${line}` })
    if (moment === 'paid')
      await recordPaid(db, { line, charge, stripeChargeId: `ch_${line}`, feeBasisPoints: 1500, at })

    await cancelOrder(db, { operationId: operation, at })

    const row = await db
      .selectFrom('charges as c')
      .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
      .select(['l.paid_at', 'l.voided_at', 'c.undone_since', 'c.look_at'])
      .where('l.id', '=', line)
      .executeTakeFirstOrThrow()
    const soon = new Date(at.getTime() + 60_000)
    expect(row).toEqual({ paid_at: null, voided_at: at, undone_since: at, look_at: soon })
  },
)

/** A delivery of an operation, and the id of its token. */
function aDelivery(operationId: OperationId, refused: RefusedLine[] = []) {
  const at = new Date()
  const [newProjectId, tokenId] = [mintId('prj', at, Math.random), mintId('ptk', at, Math.random)]
  const seal = () => ({ keyId: 'a-key', sealed: Buffer.alloc(1) })
  const delivery = { operationId, newProjectId, tokenId, refused, seal, seller: A_SELLER, at }
  return {
    tokenId,
    deliver: () => deliverPurchase(database.db, { ...delivery, publicUrl: 'https://market.example' }),
  }
}

/** Delivers an order that another transaction changes meanwhile. Returns what the delivery minted. */
async function deliveredWhile(change: { closed_at: Date } | { cancelled_at: Date }) {
  const { db } = database
  const { order, project, operation } = await anOpenLine(market)
  const { deliver, tokenId } = aDelivery(operation)
  let late: Promise<unknown> | undefined
  await inTransaction(db, async (tx) => {
    await tx
      .updateTable('orders')
      .set({ ...change, delivered_to: project })
      .where('id', '=', order)
      .execute()
    late = Promise.allSettled([deliver()])
    await expect.poll(() => lockWaiters(db)).toBe(1)
  })
  const [end] = (await late) as [PromiseSettledResult<unknown>]
  const token = await db.selectFrom('project_tokens').select('id').where('id', '=', tokenId).execute()
  return { end, tokens: token.length }
}

test('a delivery that begins while another one ends mints no second token', async () => {
  expect(await deliveredWhile({ closed_at: new Date() })).toMatchObject({
    end: { status: 'fulfilled', value: { total: {} } },
    tokens: 0,
  })
})

test('a delivery that begins while its order is undone is refused', async () => {
  expect(await deliveredWhile({ cancelled_at: new Date() })).toMatchObject({
    end: { status: 'rejected', reason: { code: 'purchase_interrupted' } },
    tokens: 0,
  })
})

test('nothing is delivered of a line that is neither paid nor void, nor of a paid one before its licences are valid', async () => {
  const { db } = database
  const { line, charge, operation, project } = await anOpenLine(market)
  const { deliver } = aDelivery(operation)
  const at = new Date()

  await expect(deliver()).rejects.toThrow('is not settled')
  await keepIntent(db, { line, charge: charge.id, intentId: `pi_${line}` })
  await recordPaid(db, { line, charge, stripeChargeId: `ch_${line}`, feeBasisPoints: 1500, at })
  await expect(deliver()).rejects.toThrow('is not settled')
  await settleLine(db, { line, at })

  expect(await deliver()).toMatchObject({ licences: [{ activated: true }], project })
})

test('a delivery does not fail by what it says besides: without the manifests it only leaves that out', async () => {
  const { db } = database
  const at = new Date()
  const { line, charge, operation, project } = await anOpenLine(market)
  await keepIntent(db, { line, charge: charge.id, intentId: `pi_${line}` })
  await recordPaid(db, { line, charge, stripeChargeId: `ch_${line}`, feeBasisPoints: 1500, at })
  await settleLine(db, { line, at })
  const logged: string[] = []
  const log = openLogger({ level: 'error', destination: { write: (text: string) => void logged.push(text) } })
  const secrets = openSecrets({ key: Buffer.alloc(32, 1).toString('base64') })
  const deps = { db, secrets, log, publicUrl: 'https://market.example', spending: NO_SPENDING_LIMITS }
  const steps = orderActivities({
    ...deps,
    seller: A_SELLER,
    payments: { getIntent: () => Promise.reject(new Error('not asked')) },
  })

  const [newProjectId, tokenId] = [mintId('prj', at, Math.random), mintId('ptk', at, Math.random)]
  const delivery = { operationId: operation, newProjectId, tokenId, refused: [], at: at.toISOString() }
  const outcome = { project, licences: [{ activated: true }] }
  await sql`alter table versions rename to versions_away`.execute(db)
  try {
    for (let run = 0; run < 2; run++) expect(await steps.deliverPurchase(delivery)).toMatchObject(outcome)
  } finally {
    await sql`alter table versions_away rename to versions`.execute(db)
  }

  expect(logged).toHaveLength(2)
})

test('what comes with a suite that was not bought is not delivered, and stays in the cart', async () => {
  const { db } = database
  const org = await market.access('buyer', 'acme-retail')
  const packages = ['northwind/suite', 'northwind/module-stock', 'fabrikam/module-labels']
  const at = new Date()
  await addToCart(db, {
    org,
    caller: market.caller('buyer'),
    at,
    wanted: packages.map((name) => ({ package: name })),
  })
  const open = await anOpenLine(market, { from: 'the cart' })
  const lines = await db
    .selectFrom('order_lines')
    .select(['id', 'total_amount'])
    .where('order_id', '=', open.order)
    .execute()
  const [suite, labels] = [12_900, 1900].map((amount) => lines.find((line) => line.total_amount === amount))
  const other = labels && (await findCharge(db, labels.id))
  if (!suite || !labels || !other) throw new Error(JSON.stringify(lines))
  await keepIntent(db, { line: labels.id, charge: other.id, intentId: `pi_${labels.id}` })
  const paid = { stripeChargeId: `ch_${labels.id}`, feeBasisPoints: 1500, at }
  await recordPaid(db, { line: labels.id, charge: other, ...paid })
  await settleLine(db, { line: labels.id, at })
  await abandonLine(db, suite.id, at)

  const refused = [{ line: suite.id, code: 'card_declined', message: 'The card was declined.' }]
  const result = await aDelivery(open.operation, refused).deliver()

  expect(result).toMatchObject({
    licences: [{ package: 'fabrikam/module-labels', outcome: 'bought', activated: true }],
    refused: [{ packages: expect.arrayContaining(['northwind/suite']) }],
  })
  const { items } = await readCart(db, org.id)
  expect(items.map((item) => `${item.package} ${item.isHeld}`)).toEqual([
    'northwind/module-search false',
    'northwind/module-stock false',
    'northwind/suite false',
  ])
})
