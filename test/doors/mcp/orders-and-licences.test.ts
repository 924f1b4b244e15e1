import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId, type OrderId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const SEARCH = 'northwind/module-search'
const later = (days: number) => new Date(Date.now() + days * 86_400_000)

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  const member = (who?: Parameters<typeof aMember>[2]) => aMember({ door, market }, connect, who)

  test('list_orders and get_order show what an org ordered, paid and got', async () => {
    const { id: project, slug } = await aProject(market)
    const bought = await aLicence(market, { package: SEARCH, project })
    await database.db
      .updateTable('orders')
      .set({
        delivered_to: project,
        decided: JSON.stringify([{ package: SEARCH, licence: bought.id, outcome: 'bought' }]),
      })
      .where('id', '=', bought.order)
      .execute()
    const buyer = await member()

    const asked = { limit: 100, response_format: 'detailed' }
    const { items } = await buyer.ask<{ items: { id: string }[] }>('list_orders', asked)
    const order = await buyer.ask('get_order', { order: bought.order, response_format: 'detailed' })

    const price = { amount_minor: 4900, currency: 'EUR', text: '49.00 EUR' }
    const listed = {
      id: bought.order,
      status: 'completed',
      total: price,
      packages: [SEARCH],
      operation_id: expect.stringMatching(/^op_/),
      placed_at: expect.any(String),
      ended_at: expect.any(String),
    }
    expect(items.find(({ id }) => id === bought.order)).toEqual(listed)
    expect(order).toEqual({
      ...listed,
      org: 'acme-retail',
      placed_by: 'Bea Buyer',
      project: slug,
      lines: [
        {
          vendor: 'northwind',
          state: 'paid',
          total: price,
          charge: { state: 'succeeded', settled_at: expect.any(String) },
          items: [{ package: SEARCH, edition: 'open-source', model: 'one_time', price }],
        },
      ],
      licences: [{ id: bought.id, package: SEARCH, outcome: 'bought', status: 'active' }],
    })
  })

  test('get_order shows that an order was cancelled, and no charge for a free package', async () => {
    const cancelled = await aLicence(market, { package: 'northwind/module-hello' })
    const row = database.db.updateTable('orders').where('id', '=', cancelled.order)
    await row.set({ cancelled_at: new Date(), closed_at: null }).execute()
    const buyer = await member({ name: 'developer' })

    const order = await buyer.ask('get_order', { order: cancelled.order, response_format: 'detailed' })

    expect(order).toMatchObject({ status: 'cancelled', lines: [{ state: 'paid' }], licences: [] })
    expect((order.lines as object[])[0]).not.toHaveProperty('charge')
  })

  test('the pages of list_orders contain all orders of one org and no others', async () => {
    const globex = await Promise.all(
      [1, 2, 3].map(() => aLicence(market, { package: SEARCH, org: 'globex' })),
    )
    const owner = await member({ name: 'developer', org: 'globex' })
    type Page = { items: { id: string }[]; next_cursor: string }

    const first = await owner.ask<Page>('list_orders', { limit: 2 })
    const rest = await owner.ask<Page>('list_orders', { cursor: first.next_cursor, limit: 100 })

    const seen = [...first.items, ...rest.items].map(({ id }) => id)
    const theirs = await database.db
      .selectFrom('orders')
      .select('id')
      .where('org_id', '=', market.org('globex'))
      .orderBy('id', 'desc')
      .execute()
    expect(seen).toEqual(theirs.map(({ id }) => id))
    expect(seen).toEqual(expect.arrayContaining(globex.map(({ order }) => order)))
  })

  test('an order with nothing to buy is not counted, listed or found', async () => {
    const { order } = await aLicence(market, { package: SEARCH })
    const buyer = await member()
    const counted = async () => {
      const { orgs } = await buyer.ask<{ orgs: { slug: string; orders: number }[] }>('get_my_dashboard')
      return orgs.find(({ slug }) => slug === 'acme-retail')?.orders
    }
    const before = await counted()

    const empty = await anOrderLike(order)

    expect(await counted()).toBe(before)
    const { items } = await buyer.ask<{ items: { id: string }[] }>('list_orders', { limit: 100 })
    expect(items.map(({ id }) => id)).not.toContain(empty)
    expect(await buyer.refused('get_order', { order: empty })).toMatchObject({ code: 'order_not_found' })
  })

  test('get_licence shows the activations and how long the licence gets new versions', async () => {
    const { id: project, slug } = await aProject(market)
    const validUntil = later(30)
    const { id, order } = await aLicence(market, {
      package: 'northwind/module-stock',
      project,
      slots: 2,
      validUntil,
    })
    const [owner, viewer] = [await member(), await member({ name: 'viewer' })]

    const asked = { licence: id, response_format: 'detailed' }
    const licence = await owner.ask('get_licence', asked)

    expect(licence).toEqual({
      org: 'acme-retail',
      id,
      package: 'northwind/module-stock',
      edition: 'open-source',
      model: 'yearly',
      status: 'active',
      valid_from: expect.any(String),
      valid_until: validUntil.toISOString(),
      slots: 2,
      free_slots: 1,
      activations: [{ project, slug, since: expect.any(String) }],
      order_id: order,
    })
    const { order_id: _, ...shown } = licence
    expect(await viewer.ask('get_licence', asked)).toEqual(shown)
  })

  test('the dashboard counts licences in force and no expired ones', async () => {
    const buyer = await member()
    const counted = async () => {
      const { orgs } = await buyer.ask<{ orgs: { slug: string; licences: number }[] }>('get_my_dashboard')
      return orgs.find(({ slug }) => slug === 'acme-retail')?.licences ?? NaN
    }
    const before = await counted()

    await aLicence(market, { package: 'northwind/module-stock', validUntil: later(-1) })
    const withAnExpiredOne = await counted()
    await aLicence(market, { package: 'northwind/module-stock', validUntil: later(1) })

    expect([withAnExpiredOne, await counted()]).toEqual([before, before + 1])
  })

  test('an install snippet leaves out packages whose licence is suspended', async () => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: SEARCH, project, status: 'suspended' })
    await aLicence(market, { package: 'northwind/module-stock', project, validUntil: later(-1) })
    const buyer = await member()

    const snippet = await buyer.ask<{ composer_commands: string[] }>('get_install_snippet', { project })

    expect(snippet).toMatchObject({ packages: ['northwind/module-stock'] })
    expect(snippet.composer_commands.join()).not.toContain(SEARCH)
  })

  test('a licence shows as expired when its window is over, without another change', async () => {
    const { id } = await aLicence(market, { package: 'northwind/module-stock', validUntil: later(-1) })
    const buyer = await member()

    const { items } = await buyer.ask<{ items: { id: string; status: string }[] }>('list_licences', {
      package: 'northwind/module-stock',
      limit: 100,
    })

    expect(await buyer.ask('get_licence', { licence: id })).toMatchObject({ status: 'expired' })
    expect(items.find((each) => each.id === id)).toMatchObject({ status: 'expired' })
  })
})

/** A copy of the order without lines, because the org already had everything. */
async function anOrderLike(order: OrderId): Promise<OrderId> {
  const at = new Date()
  const [operation, empty] = [mintId('op', at, Math.random), mintId('ord', at, Math.random)]
  const { db } = database
  const { operation_id, ...like } = await db
    .selectFrom('orders')
    .select(['operation_id', 'org_id', 'placed_by', 'currency', 'created_at', 'closed_at'])
    .where('id', '=', order)
    .executeTakeFirstOrThrow()
  const { input, result, input_hash, ...of } = await db
    .selectFrom('operations')
    .select(['org_id', 'story', 'input', 'input_hash', 'status', 'result', 'asked_by'])
    .select(['created_at', 'updated_at', 'finished_at'])
    .where('id', '=', operation_id)
    .executeTakeFirstOrThrow()
  await db
    .insertInto('operations')
    .values({
      ...of,
      id: operation,
      input: JSON.stringify(input),
      result: JSON.stringify(result),
      input_hash,
      workflow_id: operation,
      idempotency_key: operation,
    })
    .execute()
  await db
    .insertInto('orders')
    .values({ ...like, id: empty, operation_id: operation, total_amount: 0 })
    .execute()
  return empty
}
