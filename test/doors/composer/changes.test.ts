import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activateLicence, deactivateLicence, moveActivation, revokeLicences } from '#domain/licensing'
import { archiveProject, type KeyPair, revokeToken, rotateToken } from '#domain/projects'
import { aRegistryWithMarket, HOST, type P2, versionsIn, warned } from '../../support/a-registry.ts'
import { basic } from '../../support/composer.ts'
import { inTransaction } from '#platform/transactions'

const NOW = new Date('2026-11-23T10:00:00Z')
const HOUR_MS = 3_600_000
const later = (ms: number) => new Date(NOW.getTime() + ms)
const day = (text: string) => new Date(`${text}T00:00:00Z`)

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>

/** The buyer, as their assistant's calls would say it. */
const buyer = async () => ({
  caller: at.market.caller('buyer'),
  org: await at.market.access('buyer', 'acme-retail'),
  at: NOW,
})

/** The status of each endpoint for these keys. */
async function statuses(shop: Shop, keys: KeyPair = shop.keys): Promise<Record<string, number>> {
  const headers = { authorization: basic(keys) }
  const dist = await at.distOf('northwind/module-search', '1.1.0')
  const get = async (url: string) => (await at.registry.app.inject({ url, headers })).statusCode
  const post = async (url: string, payload: string) =>
    (await at.registry.app.inject({ method: 'POST', url, payload, headers })).statusCode
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
  async function rotated(shop: Shop, overlap_hours: number): Promise<KeyPair> {
    let minted = ''
    const seal = (text: string) => {
      minted = text
      return { keyId: 'a test', sealed: Buffer.from('sealed') }
    }
    const input = { token: shop.keys.publicKey, overlap_hours }
    await rotateToken(at.db, { ...(await buyer()), input, key: undefined, publicUrl: HOST, seal })
    const { public_key, private_key } = JSON.parse(minted) as Record<string, string>
    return { publicKey: public_key ?? '', privateKey: private_key ?? '' }
  }

  test('rotated: the old pair works to the end of the overlap and is unknown from then on, the new one goes on', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const fresh = await rotated(shop, 24)
    at.setClock(later(24 * HOUR_MS - 1))
    expect([await statuses(shop), await statuses(shop, fresh)]).toEqual([OPEN, OPEN])
    at.setClock(later(24 * HOUR_MS))
    expect([await statuses(shop), await statuses(shop, fresh)]).toEqual([all(401), OPEN])
  })

  test('rotated without overlap or revoked: it is unknown in the next request, everywhere', async () => {
    const [first, second] = [
      await at.aShop({ package: 'northwind/module-search' }),
      await at.aShop({ package: 'northwind/module-search' }),
    ]
    expect([await statuses(first), await statuses(second)]).toEqual([OPEN, OPEN])
    await rotated(first, 0)
    await revokeToken(at.db, { ...(await buyer()), token: second.keys.id })
    expect([await statuses(first), await statuses(second)]).toEqual([all(401), all(401)])
  })

  test('goes on when who made it leaves the org: servers install with it', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const members = at.db.deleteFrom('org_members').where('customer_id', '=', at.market.person('buyer'))
    const left = await members.returningAll().execute()
    expect(await statuses(shop)).toEqual(OPEN)
    await at.db.insertInto('org_members').values(left).execute()
  })

  test('with its project archived is 403 everywhere', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    expect(await statuses(shop)).toEqual(OPEN)
    await archiveProject(at.db, shop.id, NOW)
    expect(await statuses(shop)).toEqual(all(403))
  })
})

describe('a licence that changes between two requests', () => {
  const SEARCH = 'northwind/module-search'
  const LOST = { ...OPEN, p2: 402, dist: 402 }

  /** What a client gets that has everything in its cache. */
  const p2With = (shop: Shop, name: string, validator: unknown) =>
    shop.ofProject(`p2/${name}.json`, { 'if-modified-since': String(validator) })
  const names = async (shop: Shop) =>
    (await shop.ofProject('packages.json')).json<Record<string, string[]>>()['available-packages']

  test('taken back: the next request is 402, no 304, and the root asks for no name of it', async () => {
    const shop = await at.aShop({ package: SEARCH })
    const { headers } = await shop.p2(SEARCH)
    expect(await names(shop)).toEqual([SEARCH])
    const assignment = { ...(await buyer()), licence: shop.held[0]?.id ?? '', project: shop.id }
    await deactivateLicence(at.db, assignment)
    expect((await p2With(shop, SEARCH, headers['last-modified'])).statusCode).toBe(402)
    expect(await statuses(shop)).toEqual(LOST)
    expect(await names(shop)).toEqual(['packagento-reserved/none'])
    await activateLicence(at.db, assignment)
    expect((await p2With(shop, SEARCH, headers['last-modified'])).statusCode).toBe(304)
    expect(await statuses(shop)).toEqual(OPEN)
  })

  test('moved to another project: it opens there and nowhere else', async () => {
    const [from, to] = [await at.aShop({ package: SEARCH }), await at.aShop()]
    expect([await statuses(from), await statuses(to)]).toEqual([OPEN, LOST])
    const move = { from: from.id, to: to.id, licence: from.held[0]?.id ?? '' }
    await moveActivation(at.db, { ...(await buyer()), ...move })
    expect([await statuses(from), await statuses(to)]).toEqual([LOST, OPEN])
  })

  test('disputed and won: it is closed meanwhile', async () => {
    const shop = await at.aShop({ package: SEARCH })
    const licence = at.db.updateTable('licences').where('id', '=', shop.held[0]?.id ?? 'lic_')
    await licence.set({ status: 'suspended' }).execute()
    expect(await statuses(shop)).toEqual(LOST)
    await licence.set({ status: 'active' }).execute()
    expect(await statuses(shop)).toEqual(OPEN)
  })

  test('paid back: everything it brought is 402, what a metapackage covers and hidden ones as well', async () => {
    const shop = await at.aShop({ package: 'northwind/suite' })
    const covered = ['northwind/suite', 'northwind/module-stock', 'northwind/module-core']
    const open = () => Promise.all(covered.map(async (name) => (await shop.p2(name)).statusCode))
    const urls = [
      await at.distOf('northwind/module-stock', '1.2.0'),
      await at.distOf('northwind/module-core', '1.1.0'),
    ]
    const zips = () => Promise.all(urls.map(async (url) => (await shop.get(url)).statusCode))
    expect([await open(), await zips()]).toEqual([
      [200, 200, 200],
      [200, 200],
    ])
    const line = shop.held[0]?.line ?? 'lin_'
    await inTransaction(at.db, (tx) => revokeLicences(tx, line, { as: 'refunded', at: NOW }))
    expect([await open(), await zips()]).toEqual([
      [402, 402, 402],
      [402, 402],
    ])
  })

  test('whose window ended keeps what was released in it; renewed, the rest comes with the next request', async () => {
    const stock = 'northwind/module-stock'
    const shop = await at.aShop({ package: stock, validUntil: day('2026-07-01') })
    const licence = at.db.updateTable('licences').where('id', '=', shop.held[0]?.id ?? 'lic_')
    await licence.set({ status: 'expired' }).execute()
    const before = await shop.p2(stock)
    const [old, late] = [await at.distOf(stock, '1.1.0'), await at.distOf(stock, '1.2.0')]
    expect(versionsIn(before)).toEqual(['v1.1.0', 'v1.0.0'])
    expect((await shop.get(old)).statusCode).toBe(200)
    expect(warned(await shop.get(late))).toEqual({
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
