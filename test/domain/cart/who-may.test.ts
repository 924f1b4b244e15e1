import { describe, expect } from 'vitest'
import { addToCart, quotePurchase, removeFromCart } from '#domain/cart'
import type { OrgAccess } from '#domain/orgs'
import type { PackageWanted } from '../../../src/domain/cart/planned-item.ts'
import { aProject, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { marketTest as test } from '../../support/market-test.ts'

const SEARCH = 'northwind/module-search'
const at = new Date()

/** The actions with the role of `org`. A door checks the same permissions before it calls them. */
const ACTIONS = {
  add: ({ db, caller }: Market, org: OrgAccess) =>
    addToCart(db, { caller: caller('buyer'), org, at, wanted: [{ package: SEARCH }] }),
  remove: ({ db, caller }: Market, org: OrgAccess) =>
    removeFromCart(db, { caller: caller('buyer'), org, names: [SEARCH] }),
  quoteCart: ({ db }: Market, org: OrgAccess) =>
    quotePurchase(db, { org, at, quoteKey: Buffer.alloc(32), input: {} }),
  async quotePackages(market: Market, org: OrgAccess) {
    const { id: project } = await aProject(market)
    const input = { packages: [SEARCH], project }
    return quotePurchase(market.db, { org, at, quoteKey: Buffer.alloc(32), input })
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
  ] as const)(
    `the domain checks whether the role ${role} may %s: %s`,
    async ([action, may], { market, access }) => {
      const done = ACTIONS[action](market, { ...access, role }).then(
        () => 'done',
        ({ code }: { code: string }) => code,
      )

      expect(await done).toBe(may ? 'done' : 'not_allowed')
    },
  )
})

test('a package that is added again with the same edition is audited once', async ({ market, access }) => {
  const caller = market.caller('buyer')
  const add = (...wanted: PackageWanted[]) => addToCart(market.db, { caller, org: access, at, wanted })
  const stock = 'northwind/module-stock'
  await removeFromCart(market.db, { caller, org: access, names: [SEARCH, stock] })
  const before = (await auditOf(market.db, access.id)).length

  await add({ package: SEARCH })
  await add({ package: SEARCH }, { package: stock })
  await add({ package: SEARCH }, { package: stock })
  await add({ package: SEARCH, edition: 'commerce' })

  const events = (await auditOf(market.db, access.id)).slice(before)
  expect(events.map(({ detail }) => detail)).toEqual(
    [SEARCH, stock, SEARCH].map((packages) => ({ packages })),
  )
})
