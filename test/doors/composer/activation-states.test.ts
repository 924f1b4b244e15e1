import { expect } from 'vitest'
import { blockVersion } from '#domain/publishing'
import { registryTest, type Registry, type Shop } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const STOCK = 'northwind/module-stock'

const test = registryTest(NOW)
test.beforeAll(async ({ registry }) => {
  const operator = registry.market.person('operator')
  await blockVersion(registry.db, { operator, package: STOCK, version: '1.0.0', reason: 'sends orders away' })
})

/** A shop with a yearly licence whose window ends soon; `activation` overwrites columns of its activation. */
async function aShopWith(
  registry: Registry,
  activation: { activated_at?: null; deactivated_at?: Date },
): Promise<Shop> {
  const shop = await registry.aShop({ package: STOCK, at: new Date('2025-11-30T10:00:00Z') })
  if (Object.keys(activation).length)
    await registry.db.updateTable('activations').set(activation).where('project_id', '=', shop.id).execute()
  return shop
}

/** What the registry shows a project about the package that it holds or held. */
async function knownTo(shop: Shop) {
  const root = (await shop.ofProject('packages.json')).json<Record<string, unknown>>()
  const filter = (await shop.ofProject('filter.json')).json<{ filter: { malware: object } }>()
  return {
    hidden: (await shop.p2('northwind/module-core')).statusCode,
    notices: root['infos'] !== undefined,
    malware: Object.keys(filter.filter.malware),
  }
}

test.for([
  ['has an active licence', {}, { hidden: 200, notices: true, malware: [STOCK] }],
  [
    'had an active licence until today',
    { deactivated_at: NOW },
    { hidden: 402, notices: false, malware: [STOCK] },
  ],
  ['waits for a purchase to be paid', { activated_at: null }, { hidden: 404, notices: false, malware: [] }],
] as const)(
  'a project that %s gets only what its licence allows',
  async ([, activation, known], { registry }) => {
    expect(await knownTo(await aShopWith(registry, activation))).toEqual(known)
  },
)

test('packages.json has the name pattern of a suspended vendor, and none of a vendor that is not approved', async ({
  registry,
}) => {
  const shop = await registry.aShop()
  const vendor = registry.db.updateTable('vendors').where('id', '=', registry.market.vendor('northwind'))
  const patterns = async () =>
    (await shop.ofProject('packages.json')).json<Record<string, unknown>>()['available-package-patterns']
  const others = ['contoso/*', 'fabrikam/*']

  await vendor.set({ suspended_at: NOW }).execute()
  const suspended = await patterns()
  await vendor.set({ suspended_at: null, approved_at: null }).execute()
  const unapproved = await patterns()
  await registry.db.updateTable('vendors').set({ approved_at: null }).execute()
  const none = await patterns()
  await registry.db.updateTable('vendors').set({ approved_at: NOW }).execute()

  expect([suspended, unapproved, none]).toEqual([[...others, 'northwind/*'], others, undefined])
})
