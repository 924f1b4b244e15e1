import { afterAll, beforeAll, expect, test } from 'vitest'
import { blockVersion } from '#domain/publishing'
import { aRegistryWithMarket } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const STOCK = 'northwind/module-stock'

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
  const operator = at.market.person('operator')
  await blockVersion(at.db, { operator, package: STOCK, version: '1.0.0', reason: 'sends orders away' })
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>

/** A yearly licence whose window ends soon, lent as `lent` says. */
async function aShopWith(lent: { activated_at?: null; deactivated_at?: Date }): Promise<Shop> {
  const shop = await at.aShop({ package: STOCK, at: new Date('2025-11-30T10:00:00Z') })
  if (Object.keys(lent).length)
    await at.db.updateTable('activations').set(lent).where('project_id', '=', shop.id).execute()
  return shop
}

/** What the registry lets a project know of what it holds, or held. */
async function knownTo(shop: Shop) {
  const root = (await shop.ofProject('packages.json')).json<Record<string, unknown>>()
  const filter = (await shop.ofProject('filter.json')).json<{ filter: { malware: object } }>()
  return {
    hidden: (await shop.p2('northwind/module-core')).statusCode,
    patterns: root['available-package-patterns'] !== undefined,
    notices: root['infos'] !== undefined,
    malware: Object.keys(filter.filter.malware),
  }
}

test.for([
  ['holds', {}, { hidden: 200, patterns: true, notices: true, malware: [STOCK] }],
  [
    'held until today',
    { deactivated_at: NOW },
    { hidden: 402, patterns: true, notices: false, malware: [STOCK] },
  ],
  [
    'may get when a purchase is paid',
    { activated_at: null },
    { hidden: 404, patterns: false, notices: false, malware: [] },
  ],
] as const)('of what a project %s it learns no more than it should', async ([, lent, known]) => {
  expect(await knownTo(await aShopWith(lent))).toEqual(known)
})

test('of a vendor that lost its approval no name is asked for, and of one that is suspended they still are', async () => {
  const shop = await at.aShop({ package: STOCK })
  const vendor = at.db.updateTable('vendors').where('id', '=', at.market.vendor('northwind'))
  const patterns = async () =>
    (await shop.ofProject('packages.json')).json<Record<string, unknown>>()['available-package-patterns']

  await vendor.set({ suspended_at: NOW }).execute()
  const suspended = await patterns()
  await vendor.set({ suspended_at: null, approved_at: null }).execute()
  const unapproved = await patterns()
  await vendor.set({ approved_at: NOW }).execute()

  expect([suspended, unapproved]).toEqual([['northwind/*'], undefined])
})
