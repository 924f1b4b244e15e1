import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { publishVersion } from '#domain/publishing'
import { aRegistryWithMarket, HOST, type P2, versionsIn, warned } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const day = (text: string) => new Date(`${text}T00:00:00Z`)

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>

describe('a window that ends', () => {
  const infosIn = async (shop: Shop, path = 'packages.json') =>
    (await shop.ofProject(path)).json<P2>().infos?.map((each) => each.message)

  test.each([
    ['2026-11-23T10:00:00Z', false],
    ['2026-11-23T10:00:01Z', true],
    ['2026-12-23T10:00:00Z', true],
    ['2026-12-23T10:00:01Z', false],
  ])('on %s is told in the root: %s', async (until, isTold) => {
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil: new Date(until) })
    expect((await infosIn(shop)) !== undefined).toBe(isTold)
  })

  test('is told from a day on that the client asks again, because the validator is another', async () => {
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil: day('2027-06-01') })
    const validator = String((await shop.ofProject('packages.json')).headers['last-modified'])
    const again = () => shop.ofProject('packages.json', { 'if-modified-since': validator })
    expect((await again()).statusCode).toBe(304)
    at.setClock(day('2027-05-15'))
    expect((await again()).json<P2>().infos).toHaveLength(1)
    at.setClock(day('2027-06-02'))
    expect((await again()).statusCode).toBe(304)
  })

  test('is not told when another licence goes on, nor for one that never ends', async () => {
    const soon = day('2026-12-01')
    const both = await at.aShop(
      { package: 'northwind/module-stock', validUntil: soon },
      { package: 'northwind/suite', validUntil: day('2027-12-01') },
    )
    const forever = await at.aShop({ package: 'northwind/module-search' })
    expect([await infosIn(both), await infosIn(forever)]).toEqual([undefined, undefined])
  })

  test.for(['reserved', 'suspended', 'refunded', 'revoked'] as const)(
    'of a licence that is %s is not told, nor is it named to whom another one gives the package',
    async (status) => {
      const [soon, ended] = [day('2026-12-01'), day('2026-08-01')]
      const name = 'northwind/module-stock'
      const shop = await at.aShop(
        { package: name, validUntil: soon },
        { package: 'northwind/suite', validUntil: soon },
      )
      const of = (index: number) =>
        at.db.updateTable('licences').where('id', '=', shop.held[index]?.id ?? 'lic_')
      await of(0)
        .set({ status, ...(status === 'reserved' && { activated_at: null }) })
        .execute()

      expect(await infosIn(shop)).toEqual([expect.stringMatching(/^northwind\/suite: updates end/)])

      await of(1).set({ valid_until: ended }).execute()
      expect(await infosIn(shop)).toBeUndefined()
      expect((await infosIn(shop, `p2/${name}.json`))?.join()).toMatch(/Renew: .*\/northwind\/suite$/)
    },
  )

  test('of a metapackage that goes on longer than the package is told of the metapackage only', async () => {
    const shop = await at.aShop(
      { package: 'northwind/module-stock', validUntil: day('2026-08-01') },
      { package: 'northwind/suite', validUntil: day('2026-12-01') },
    )
    expect(await infosIn(shop)).toEqual([
      expect.stringMatching(/^northwind\/suite: updates end on 2026-12-01/),
    ])
  })

  test('never names a metapackage that began to require the package after its own window', async () => {
    const name = 'northwind/module-stock'
    const shop = await at.aShop(
      { package: name, validUntil: day('2026-03-01') },
      { package: 'northwind/suite', validUntil: day('2026-06-01') },
    )
    expect((await infosIn(shop, `p2/${name}.json`))?.join()).toMatch(/Renew: .*\/northwind\/module-stock$/)
  })

  test('of a metapackage names the metapackage, also for what it covers and for the hidden', async () => {
    const shop = await at.aShop({ package: 'northwind/suite', validUntil: day('2026-08-01') })
    const renew = `Renew: ${HOST}/packages/northwind/suite`
    expect(await infosIn(shop, 'p2/northwind/module-stock.json')).toEqual([
      `northwind/module-stock v1.2.0 was released after your update window ended. ${renew}`,
    ])
    await publish('northwind/module-core', 'v1.2.0')
    const text = `northwind/module-core v1.2.0 was released after your update window ended. ${renew}`
    expect(await infosIn(shop, 'p2/northwind/module-core.json')).toEqual([text])
    const url = `/dist/northwind/module-core/1.2.0-${'2'.repeat(16)}.zip`
    expect(warned(await shop.get(url))).toEqual({ status: 402, warning: text })
  })

  test('of two licences names the one that lasted longer, and the package itself when both did', async () => {
    const name = 'northwind/module-stock'
    const heldUntil = (stock: string, suite: string) =>
      at.aShop(
        { package: name, validUntil: day(stock) },
        { package: 'northwind/suite', validUntil: day(suite) },
      )
    const longer = await heldUntil('2026-03-01', '2026-08-01')
    const both = await heldUntil('2026-08-01', '2026-08-01')
    const told = async (shop: Shop) => (await infosIn(shop, `p2/${name}.json`))?.join()
    expect(await told(longer)).toMatch(/packages\/northwind\/suite$/)
    expect(await told(both)).toMatch(/packages\/northwind\/module-stock$/)
  })

  test('earlier than another one shows less under the same notice, and is no 304 of it', async () => {
    const name = 'northwind/module-stock'
    const [early, late] = [
      await at.aShop({ package: name, validUntil: day('2026-03-01') }),
      await at.aShop({ package: name, validUntil: day('2026-07-01') }),
    ]
    const [one, other] = [await early.p2(name), await late.p2(name)]
    expect(one.json<P2>().infos).toEqual(other.json<P2>().infos)
    expect([versionsIn(one), versionsIn(other)]).toEqual([['v1.0.0'], ['v1.1.0', 'v1.0.0']])
    const validator = String(one.headers['last-modified'])
    const path = `p2/${name}.json`
    expect((await late.ofProject(path, { 'if-modified-since': validator })).statusCode).toBe(200)
  })

  test('of a package that is no longer sold sends nobody to a page that is not there', async () => {
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil: day('2026-12-01') })
    const sold = at.db.updateTable('packages').where('id', '=', at.market.package('northwind/module-stock'))
    await sold.set({ withdrawn_at: NOW }).execute()
    const infos = await infosIn(shop)
    await sold.set({ withdrawn_at: null }).execute()
    expect(infos).toEqual(['northwind/module-stock: updates end on 2026-12-01. It is no longer sold.'])
  })
})

describe('a market that changes between two requests', () => {
  test('a new version is there at once, inside the window only', async () => {
    const name = 'northwind/theme-plain'
    const [open, ended] = [
      await at.aShop({ package: name }),
      await at.aShop({ package: 'northwind/module-stock', validUntil: day('2026-11-01') }),
    ]
    const before = await open.p2(name)
    await publish(name, 'v2.0.0', { type: 'magento2-theme' })
    await publish('northwind/module-stock', 'v2.0.0')
    const validator = String(before.headers['last-modified'])
    const after = await open.ofProject(`p2/${name}.json`, { 'if-modified-since': validator })
    expect(versionsIn(after)).toEqual(['v2.0.0', ...versionsIn(before)])
    expect(versionsIn(await ended.p2('northwind/module-stock'))).not.toContain('v2.0.0')
  })

  test('a metapackage that begins to require another package brings it from that release on', async () => {
    const [open, ended] = [
      await at.aShop({ package: 'northwind/suite' }),
      await at.aShop({ package: 'northwind/suite', validUntil: day('2026-11-01') }),
    ]
    const root = async (shop: Shop) =>
      (await shop.ofProject('packages.json')).json<Record<string, string[]>>()['available-packages']
    expect((await open.p2('northwind/module-hello')).statusCode).toBe(402)
    const require = { 'northwind/module-hello': '^1.0', 'fabrikam/module-labels': '^1.0' }
    await publish('northwind/suite', 'v2.0.0', { type: 'metapackage', require })
    expect((await open.p2('northwind/module-hello')).statusCode).toBe(200)
    expect((await ended.p2('northwind/module-hello')).statusCode).toBe(402)
    expect([await root(open), await root(ended)]).toEqual([
      expect.arrayContaining(['northwind/module-hello']),
      expect.not.arrayContaining(['northwind/module-hello']),
    ])
    // never across vendors
    expect(warned(await open.p2('fabrikam/module-labels')).status).toBe(402)
    expect((await open.get(await at.distOf('fabrikam/module-labels', '1.0.0'))).statusCode).toBe(402)
  })

  test('a vendor that is suspended sells nothing more, and its buyers go on', async () => {
    const name = 'fabrikam/module-labels'
    const [holder, former, stranger] = [
      await at.aShop({ package: name }),
      await at.aShop({ package: name, status: 'refunded' }),
      await at.aShop(),
    ]
    const vendor = at.db.updateTable('vendors').where('id', '=', at.market.vendor('fabrikam'))
    await vendor.set({ suspended_at: NOW }).execute()
    const found = [await holder.p2(name), await former.p2(name), await stranger.p2(name)]
    await vendor.set({ suspended_at: null }).execute()
    expect(found.map(({ statusCode }) => statusCode)).toEqual([200, 402, 404])
    expect(found[1]?.body).not.toContain('http')
  })
})

async function publish(name: string, tag: string, manifest: Record<string, unknown> = {}) {
  const isMetapackage = manifest['type'] === 'metapackage'
  await publishVersion(at.db, {
    id: mintId('ver', NOW, Math.random),
    packageId: at.market.package(name),
    tag,
    commitSha: 'c'.repeat(40),
    treeSha: 'd'.repeat(40),
    committedAt: NOW,
    releasedAt: NOW,
    manifest: { name, ...manifest },
    archive: isMetapackage
      ? undefined
      : {
          sha1: '1'.repeat(40),
          sha256: '2'.repeat(64),
          contentSha256: '3'.repeat(64),
          bytes: 1,
          builder: 'zip-0',
        },
  })
}
