import { describe, expect } from 'vitest'
import { activateLicence, deactivateLicence, moveActivation, revokeLicences } from '#domain/licensing'
import { archiveProject, type KeyPair, revokeToken, rotateToken } from '#domain/projects'
import {
  registryTest,
  type Registry,
  type Shop,
  HOST,
  type P2,
  versionsIn,
  statusAndWarning,
} from '../../support/a-registry.ts'
import { basic } from '../../support/composer.ts'
import { inTransaction } from '#platform/transactions'

const NOW = new Date('2026-11-23T10:00:00Z')
const HOUR_MS = 3_600_000
const later = (ms: number) => new Date(NOW.getTime() + ms)
const day = (text: string) => new Date(`${text}T00:00:00Z`)

const test = registryTest(NOW)

/** The buyer, as the arguments of a domain function. */
const buyer = async (registry: Registry) => ({
  caller: registry.market.caller('buyer'),
  org: await registry.market.access('buyer', 'acme-retail'),
  at: NOW,
})

/** The status of each endpoint with these keys. */
async function statuses(
  registry: Registry,
  shop: Shop,
  keys: KeyPair = shop.keys,
): Promise<Record<string, number>> {
  const headers = { authorization: basic(keys) }
  const dist = await registry.distOf('northwind/module-search', '1.1.0')
  const get = async (url: string) => (await registry.door.app.inject({ url, headers })).statusCode
  const post = async (url: string, payload: string) =>
    (await registry.door.app.inject({ method: 'POST', url, payload, headers })).statusCode
  return {
    root: await get(`/r/${shop.id}/packages.json`),
    p2: await get(`/r/${shop.id}/p2/northwind/module-search.json`),
    filter: await get(`/r/${shop.id}/filter.json`),
    dist: await get(dist),
    downloads: await post('/composer/downloads', '{"downloads":[]}'),
    advisories: await post('/composer/advisories', 'packages[]=northwind/module-search'),
  }
}
const OPEN = { root: 200, p2: 200, filter: 200, dist: 200, downloads: 204, advisories: 200 }
const all = (status: number) => Object.fromEntries(Object.keys(OPEN).map((name) => [name, status]))

describe('a token that changes between two requests', () => {
  async function rotateKeysOf(registry: Registry, shop: Shop, overlap_hours: number): Promise<KeyPair> {
    let minted = ''
    const seal = (text: string) => {
      minted = text
      return { keyId: 'a test', sealed: Buffer.from('sealed') }
    }
    const input = { token: shop.keys.publicKey, overlap_hours }
    await rotateToken(registry.db, {
      ...(await buyer(registry)),
      input,
      key: undefined,
      publicUrl: HOST,
      seal,
    })
    const { public_key, private_key } = JSON.parse(minted) as Record<string, string>
    return { publicKey: public_key ?? '', privateKey: private_key ?? '' }
  }

  test('the old keys of a rotated token work until the overlap ends, and the new keys keep working', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const fresh = await rotateKeysOf(registry, shop, 24)
    registry.setClock(later(24 * HOUR_MS - 1))
    expect([await statuses(registry, shop), await statuses(registry, shop, fresh)]).toEqual([OPEN, OPEN])
    registry.setClock(later(24 * HOUR_MS))
    expect([await statuses(registry, shop), await statuses(registry, shop, fresh)]).toEqual([all(401), OPEN])
  })

  test('a token that is revoked or rotated without overlap gets 401 everywhere from the next request on', async ({
    registry,
  }) => {
    const [first, second] = [
      await registry.aShop({ package: 'northwind/module-search' }),
      await registry.aShop({ package: 'northwind/module-search' }),
    ]
    expect([await statuses(registry, first), await statuses(registry, second)]).toEqual([OPEN, OPEN])
    await rotateKeysOf(registry, first, 0)
    await revokeToken(registry.db, { ...(await buyer(registry)), token: second.keys.id })
    expect([await statuses(registry, first), await statuses(registry, second)]).toEqual([all(401), all(401)])
  })

  test('a token keeps working when the person who created it leaves the org', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const members = registry.db
      .deleteFrom('org_members')
      .where('customer_id', '=', registry.market.person('buyer'))
    const left = await members.returningAll().execute()
    expect(await statuses(registry, shop)).toEqual(OPEN)
    await registry.db.insertInto('org_members').values(left).execute()
  })

  test('a token of an archived project gets 403 everywhere', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    expect(await statuses(registry, shop)).toEqual(OPEN)
    await archiveProject(registry.db, shop.id, NOW)
    expect(await statuses(registry, shop)).toEqual(all(403))
  })
})

describe('a licence that changes between two requests', () => {
  const SEARCH = 'northwind/module-search'
  const CLOSED = { ...OPEN, p2: 402, dist: 402 }

  /** The response to a client that has the file in its cache. */
  const p2With = (shop: Shop, name: string, validator: unknown) =>
    shop.ofProject(`p2/${name}.json`, { 'if-modified-since': String(validator) })
  const names = async (shop: Shop) =>
    (await shop.ofProject('packages.json')).json<Record<string, string[]>>()['available-packages']

  test('after a deactivation the next request gets 402 instead of 304, and packages.json no longer lists the package', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: SEARCH })
    const { headers } = await shop.p2(SEARCH)
    expect(await names(shop)).toEqual([SEARCH])
    const assignment = { ...(await buyer(registry)), licence: shop.licences[0]?.id ?? '', project: shop.id }
    await deactivateLicence(registry.db, assignment)
    expect((await p2With(shop, SEARCH, headers['last-modified'])).statusCode).toBe(402)
    expect(await statuses(registry, shop)).toEqual(CLOSED)
    expect(await names(shop)).toEqual(['packagento-reserved/none'])
    await activateLicence(registry.db, assignment)
    expect((await p2With(shop, SEARCH, headers['last-modified'])).statusCode).toBe(304)
    expect(await statuses(registry, shop)).toEqual(OPEN)
  })

  test('a licence that is moved to another project works there and nowhere else', async ({ registry }) => {
    const [from, to] = [await registry.aShop({ package: SEARCH }), await registry.aShop()]
    expect([await statuses(registry, from), await statuses(registry, to)]).toEqual([OPEN, CLOSED])
    const move = { from: from.id, to: to.id, licence: from.licences[0]?.id ?? '' }
    await moveActivation(registry.db, { ...(await buyer(registry)), ...move })
    expect([await statuses(registry, from), await statuses(registry, to)]).toEqual([CLOSED, OPEN])
  })

  test('a licence opens nothing while a dispute suspends it, and works again when the dispute is won', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: SEARCH })
    const licence = registry.db.updateTable('licences').where('id', '=', shop.licences[0]?.id ?? 'lic_')
    await licence.set({ status: 'suspended' }).execute()
    expect(await statuses(registry, shop)).toEqual(CLOSED)
    await licence.set({ status: 'active' }).execute()
    expect(await statuses(registry, shop)).toEqual(OPEN)
  })

  test('after a refund of a metapackage everything that it covered gets 402, hidden packages included', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/suite' })
    const covered = ['northwind/suite', 'northwind/module-stock', 'northwind/module-core']
    const open = () => Promise.all(covered.map(async (name) => (await shop.p2(name)).statusCode))
    const urls = [
      await registry.distOf('northwind/module-stock', '1.2.0'),
      await registry.distOf('northwind/module-core', '1.1.0'),
    ]
    const zips = () => Promise.all(urls.map(async (url) => (await shop.get(url)).statusCode))
    expect([await open(), await zips()]).toEqual([
      [200, 200, 200],
      [200, 200],
    ])
    const line = shop.licences[0]?.line ?? 'lin_'
    await inTransaction(registry.db, (tx) => revokeLicences(tx, line, { as: 'refunded', at: NOW }))
    expect([await open(), await zips()]).toEqual([
      [402, 402, 402],
      [402, 402],
    ])
  })

  test('an expired licence keeps the versions of its window, and a renewal adds the rest at the next request', async ({
    registry,
  }) => {
    const stock = 'northwind/module-stock'
    const shop = await registry.aShop({ package: stock, validUntil: day('2026-07-01') })
    const licence = registry.db.updateTable('licences').where('id', '=', shop.licences[0]?.id ?? 'lic_')
    await licence.set({ status: 'expired' }).execute()
    const before = await shop.p2(stock)
    const [old, late] = [await registry.distOf(stock, '1.1.0'), await registry.distOf(stock, '1.2.0')]
    expect(versionsIn(before)).toEqual(['v1.1.0', 'v1.0.0'])
    expect((await shop.get(old)).statusCode).toBe(200)
    expect(statusAndWarning(await shop.get(late))).toEqual({
      status: 402,
      warning: `${stock} v1.2.0 was released after your update window ended. Renew: ${HOST}/packages/${stock}`,
    })

    await licence.set({ status: 'active', valid_until: day('2027-07-01') }).execute()

    const after = await p2With(shop, stock, before.headers['last-modified'])
    expect(versionsIn(after)).toEqual(['v1.2.0', 'v1.1.0', 'v1.0.0'])
    expect(after.json<P2>()).not.toHaveProperty('infos')
    expect((await shop.get(late)).statusCode).toBe(200)
  })
})
