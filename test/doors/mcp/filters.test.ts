import { afterAll, beforeAll, expect, test } from 'vitest'
import { aLicence, aMarket, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

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
const STOCK = 'northwind/module-stock'

test('list_orders filters by status and time, and sums all orders of the filter and not only the page, when asked', async () => {
  const at = (day: string) => new Date(`2025-${day}T10:00:00Z`)
  for (const day of ['03-01', '03-02', '03-31']) {
    const { order } = await aLicence(market, { package: SEARCH, org: 'initech', at: at(day) })
    const row = database.db.updateTable('orders').where('id', '=', order)
    await row
      .set({ created_at: at(day), ...(day === '03-31' && { cancelled_at: at(day), closed_at: null }) })
      .execute()
  }
  const owner = await aMember({ door, market }, aModernClient, { name: 'threeds', org: 'initech' })
  const asked = { since: '2025-03-01', until: '2025-04-01', limit: 1, sums: true }
  const total = (amount_minor: number) => expect.objectContaining({ amount_minor, currency: 'EUR' })

  const first = await owner.ask<{ items: object[]; next_cursor: string }>('list_orders', asked)
  const second = await owner.ask('list_orders', { ...asked, sums: false, cursor: first.next_cursor })

  expect(first).toMatchObject({
    sums: [
      { status: 'cancelled', orders: 1, total: total(4900) },
      { status: 'completed', orders: 2, total: total(9800) },
    ],
  })
  expect(second).not.toHaveProperty('sums')
  expect(await owner.ask('list_orders', { limit: 1 })).not.toHaveProperty('sums')
  const later = { since: '2025-03-02', until: '2025-03-31', status: 'completed', sums: true }
  expect(await owner.ask('list_orders', later)).toMatchObject({
    sums: [{ status: 'completed', orders: 1 }],
  })
  expect(await owner.ask('list_orders', { ...later, status: 'open' })).toMatchObject({
    sums: [],
    items: [],
  })
})

test('list_orders filters by the total that it shows, also of open and cancelled orders, and by currency', async () => {
  const [org, since] = ['initech', '2025-12-01']
  const sold = async (name: string) => (await aLicence(market, { package: name, org })).order
  const [kept, cancelled, open] = [await sold(SEARCH), await sold(SEARCH), await sold(STOCK)]
  const orders = database.db.updateTable('orders')
  await orders.set({ cancelled_at: new Date(), closed_at: null }).where('id', '=', cancelled).execute()
  await orders.set({ closed_at: null, kept_amount: null }).where('id', '=', open).execute()
  const owner = await aMember({ door, market }, aModernClient, { name: 'threeds', org })
  const found = async (filter: object) =>
    new Set(
      (
        await owner.ask<{ items: { id: string }[] }>('list_orders', { since, currency: 'EUR', ...filter })
      ).items.map(({ id }) => id),
    )

  const [{ total: less }, { total: more }] = [
    await owner.ask<{ total: { amount_minor: number } }>('get_order', { order: kept }),
    await owner.ask<{ total: { amount_minor: number } }>('get_order', { order: open }),
  ]
  expect(less.amount_minor).toBeLessThan(more.amount_minor)
  expect(await found({ max_amount_minor: less.amount_minor })).toEqual(new Set([kept, cancelled]))
  expect(await found({ max_amount_minor: less.amount_minor - 1 })).toEqual(new Set())
  expect(await found({ min_amount_minor: more.amount_minor })).toEqual(new Set([open]))
  expect(await found({ min_amount_minor: more.amount_minor + 1 })).toEqual(new Set())
  expect(await found({ min_amount_minor: less.amount_minor })).toHaveProperty('size', 3)
  expect(await found({ min_amount_minor: less.amount_minor, currency: 'USD' })).toEqual(new Set())
  const sums = { since, sums: true, min_amount_minor: more.amount_minor, currency: 'EUR' }
  expect(await owner.ask('list_orders', sums)).toMatchObject({ sums: [{ status: 'open', orders: 1 }] })
  for (const wrong of [
    { currency: 'eur' },
    { currency: 'EURO' },
    { max_amount_minor: 1 },
    { min_amount_minor: 0 },
  ])
    expect(await owner.refused('list_orders', wrong)).toMatchObject({
      code: 'invalid_input',
      field: 'currency',
    })
})

test('list_licences shows only those with a free slot, longest lasting first, or only those that ended, last one first', async () => {
  const org = 'umbrella'
  const ending = (days: number) => ({
    package: STOCK,
    org,
    validUntil: new Date(Date.now() + days * 86_400_000),
  })
  // the order of their ids is not that of their ends
  const [soon, free] = [await aLicence(market, ending(3)), await aLicence(market, ending(300))]
  const forever = await aLicence(market, { package: SEARCH, org })
  const [ended, longAgo] = [await aLicence(market, ending(-1)), await aLicence(market, ending(-9))]
  const revoked = await aLicence(market, { package: SEARCH, org, status: 'revoked' })
  const suspended = await aLicence(market, { ...ending(-2), status: 'suspended' })
  const owner = await aMember({ door, market }, aModernClient, { name: 'declined', org })
  const ids = async (only?: string) => {
    const found: string[] = []
    for (let cursor: string | undefined, hasMore = true; hasMore; hasMore = cursor !== undefined) {
      const input = { limit: 1, ...(only && { only }), ...(cursor && { cursor }) }
      const page = await owner.ask<{ items: { id: string }[]; next_cursor?: string }>('list_licences', input)
      found.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    return found
  }
  const idsOf = (...licences: { id: string }[]) => licences.map(({ id }) => id)

  const all = idsOf(soon, free, forever, ended, longAgo, revoked, suspended)
  expect(await ids()).toEqual(all.toSorted().toReversed())
  expect(await ids('with_free_slot')).toEqual(idsOf(forever, free, soon))
  expect(await ids('ended')).toEqual(idsOf(ended, longAgo, revoked))
  expect(await ids('ending')).toEqual(idsOf(soon))
})

test('a search and a filter that find nothing say what to try', async () => {
  const { ask } = await aMember({ door, market }, aModernClient, { name: 'nocard', org: 'hooli' })
  const step = async (tool: string, input: object) => (await ask(tool, input)).next_step

  expect(await step('list_packages', { query: 'fireworks' })).toMatch(
    /^None of these words is in a package\. Try/,
  )
  expect(await step('list_packages', { query: 'search', vendor: 'nobody', type: 'x' })).toBe(
    'Nothing fits. Call list_packages without vendor and type.',
  )
  expect(await step('list_packages', { query: 'fireworks', response_format: 'csv' })).toMatch(
    /^None of these words/,
  )
  expect(await step('list_packages', { query: 'search', response_format: 'csv' })).toBeUndefined()
  expect(await step('list_licences', { only: 'with_free_slot' })).toMatch(
    /^No licence has a free slot: free one by/,
  )
  expect(await step('list_licences', {})).toBeUndefined()
})
