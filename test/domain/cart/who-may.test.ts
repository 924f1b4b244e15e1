import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addToCart, quotePurchase, removeFromCart } from '#domain/cart'
import type { OrgAccess } from '#domain/orgs'
import { aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const SEARCH = 'northwind/module-search'
const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let access: OrgAccess
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  access = await market.access('buyer', 'acme-retail')
})
afterAll(() => database.close())

/** The actions with the role of `org`. A door checks the same permissions before it calls them. */
const ACTIONS = {
  add: (org: OrgAccess) =>
    addToCart(database.db, { caller: market.caller('buyer'), org, at, wanted: [{ package: SEARCH }] }),
  remove: (org: OrgAccess) =>
    removeFromCart(database.db, { caller: market.caller('buyer'), org, names: [SEARCH] }),
  quoteCart: (org: OrgAccess) =>
    quotePurchase(database.db, { org, at, quoteKey: Buffer.alloc(32), input: {} }),
  async quotePackages(org: OrgAccess) {
    const { id: project } = await aProject(market)
    const input = { packages: [SEARCH], project }
    return quotePurchase(database.db, { org, at, quoteKey: Buffer.alloc(32), input })
  },
}

describe.for([
  ['owner', true, true],
  ['admin', true, true],
  ['developer', true, false],
  ['billing', true, true],
  ['viewer', false, false],
] as const)('the role %s', ([role, mayFill, mayBuy]) => {
  test.for([
    ['add', mayFill],
    ['quoteCart', mayFill],
    ['quotePackages', mayBuy],
    ['remove', mayFill],
  ] as const)(`the domain checks whether the role ${role} may %s: %s`, async ([action, may]) => {
    const done = ACTIONS[action]({ ...access, role }).then(
      () => 'done',
      ({ code }: { code: string }) => code,
    )

    expect(await done).toBe(may ? 'done' : 'not_allowed')
  })
})
