import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aRegistryWithMarket } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>

/** What is counted, as `package version`, when each shop tells of all of these at once. */
async function counted(shops: Shop[], told: readonly string[]): Promise<string[][]> {
  const door = await aRegistry({ db: at.db, storage: at.storage, now: () => NOW })
  const downloads = told.map((each) => {
    const [name, version] = each.split(' ')
    return { name, version: `${version}.0` }
  })
  for (const { keys } of shops) {
    const headers = { authorization: basic(keys) }
    await door.app.inject({ method: 'POST', url: '/composer/downloads', payload: { downloads }, headers })
  }
  // closing writes what still waits
  await door.close()
  return Promise.all(shops.map(countedFor))
}

async function countedFor({ keys }: Shop): Promise<string[]> {
  const rows = await at.db
    .selectFrom('downloads as d')
    .innerJoin('versions as v', 'v.id', 'd.version_id')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['p.name', 'v.label'])
    .where('d.token_id', '=', keys.id)
    .orderBy('p.name')
    .orderBy('v.label')
    .execute()
  return rows.map(({ name, label }) => `${name} ${label}`)
}

describe('a download is counted', () => {
  test('for a project that may install it, whoever tells of it in the same moment', async () => {
    const search = await at.aShop({ package: 'northwind/module-search' })
    const hello = await at.aShop({ package: 'northwind/module-hello' })
    const none = await at.aShop()

    const told = ['northwind/module-search 1.1.0', 'northwind/module-hello 1.0.0']
    const [ofSearch, ofHello, ofNone] = await counted([search, hello, none], told)

    expect(ofSearch).toEqual(['northwind/module-search 1.1.0'])
    expect(ofHello).toEqual(['northwind/module-hello 1.0.0'])
    expect(ofNone).toEqual([])
  })

  test('inside the update window only', async () => {
    const versions = await at.db
      .selectFrom('versions')
      .select(['label', 'released_at'])
      .where('package_id', '=', at.market.package('northwind/module-stock'))
      .orderBy('released_at')
      .execute()
    const [first, last] = [versions[0], versions.at(-1)]
    const validUntil = first?.released_at ?? NOW
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil })

    const told = versions.map(({ label }) => `northwind/module-stock ${label}`)
    const [ofShop] = await counted([shop], told)

    expect(last?.released_at.getTime()).toBeGreaterThan(validUntil.getTime())
    expect(ofShop).toEqual([`northwind/module-stock ${first?.label}`])
  })
})
