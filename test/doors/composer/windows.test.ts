import { describe, expect } from 'vitest'
import { mintId } from '#kernel/ids'
import { publishVersion } from '#domain/publishing'
import {
  registryTest,
  type Registry,
  type Shop,
  HOST,
  type P2,
  versionsIn,
  statusAndWarning,
} from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const day = (text: string) => new Date(`${text}T00:00:00Z`)

const test = registryTest(NOW)

describe('the end of an update window', () => {
  const infosIn = async (shop: Shop, path = 'packages.json') =>
    (await shop.ofProject(path)).json<P2>().infos?.map((each) => each.message)

  test.for([
    ['2026-11-23T10:00:00Z', false],
    ['2026-11-23T10:00:01Z', true],
    ['2026-12-23T10:00:00Z', true],
    ['2026-12-23T10:00:01Z', false],
  ] as const)(
    'packages.json announces a window that ends at %s: %s',
    async ([until, isAnnounced], { registry }) => {
      const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil: new Date(until) })
      expect((await infosIn(shop)) !== undefined).toBe(isAnnounced)
    },
  )

  test('the announcement appears 30 days before the end with a new validator, and disappears after it', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil: day('2027-06-01') })
    const validator = String((await shop.ofProject('packages.json')).headers['last-modified'])
    const again = () => shop.ofProject('packages.json', { 'if-modified-since': validator })
    expect((await again()).statusCode).toBe(304)
    registry.setClock(day('2027-05-15'))
    expect((await again()).json<P2>().infos).toHaveLength(1)
    registry.setClock(day('2027-06-02'))
    expect((await again()).statusCode).toBe(304)
  })

  test('the end of a window is not announced when another licence lasts longer or the licence never ends', async ({
    registry,
  }) => {
    const soon = day('2026-12-01')
    const both = await registry.aShop(
      { package: 'northwind/module-stock', validUntil: soon },
      { package: 'northwind/suite', validUntil: day('2027-12-01') },
    )
    const forever = await registry.aShop({ package: 'northwind/module-search' })
    expect([await infosIn(both), await infosIn(forever)]).toEqual([undefined, undefined])
  })

  test.for(['reserved', 'suspended', 'refunded', 'revoked'] as const)(
    'no message announces the end of a licence that is %s or asks to renew it',
    async (status, { registry }) => {
      const [soon, ended] = [day('2026-12-01'), day('2026-08-01')]
      const name = 'northwind/module-stock'
      const shop = await registry.aShop(
        { package: name, validUntil: soon },
        { package: 'northwind/suite', validUntil: soon },
      )
      const of = (index: number) =>
        registry.db.updateTable('licences').where('id', '=', shop.licences[index]?.id ?? 'lic_')
      await of(0)
        .set({ status, ...(status === 'reserved' && { activated_at: null }) })
        .execute()

      expect(await infosIn(shop)).toEqual([expect.stringMatching(/^northwind\/suite: updates end/)])

      await of(1).set({ valid_until: ended }).execute()
      expect(await infosIn(shop)).toBeUndefined()
      expect((await infosIn(shop, `p2/${name}.json`))?.join()).toMatch(/Renew: .*\/northwind\/suite$/)
    },
  )

  test('only the end of the metapackage is announced when it lasts longer than the package', async ({
    registry,
  }) => {
    const shop = await registry.aShop(
      { package: 'northwind/module-stock', validUntil: day('2026-08-01') },
      { package: 'northwind/suite', validUntil: day('2026-12-01') },
    )
    expect(await infosIn(shop)).toEqual([
      expect.stringMatching(/^northwind\/suite: updates end on 2026-12-01/),
    ])
  })

  test('the renewal link does not name a metapackage that began to require the package after its own window', async ({
    registry,
  }) => {
    const name = 'northwind/module-stock'
    const shop = await registry.aShop(
      { package: name, validUntil: day('2026-03-01') },
      { package: 'northwind/suite', validUntil: day('2026-06-01') },
    )
    expect((await infosIn(shop, `p2/${name}.json`))?.join()).toMatch(/Renew: .*\/northwind\/module-stock$/)
  })

  test('the renewal link for a package that a metapackage covers names the metapackage, also for a hidden package', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/suite', validUntil: day('2026-08-01') })
    const renew = `Renew: ${HOST}/packages/northwind/suite`
    expect(await infosIn(shop, 'p2/northwind/module-stock.json')).toEqual([
      `northwind/module-stock v1.2.0 was released after your update window ended. ${renew}`,
    ])
    await publish(registry, 'northwind/module-core', 'v1.2.0')
    const text = `northwind/module-core v1.2.0 was released after your update window ended. ${renew}`
    expect(await infosIn(shop, 'p2/northwind/module-core.json')).toEqual([text])
    const url = `/dist/northwind/module-core/1.2.0-${'2'.repeat(16)}.zip`
    expect(statusAndWarning(await shop.get(url))).toEqual({ status: 402, warning: text })
  })

  test('the renewal link names the licence that lasted longer, or the package when both lasted equally long', async ({
    registry,
  }) => {
    const name = 'northwind/module-stock'
    const heldUntil = (stock: string, suite: string) =>
      registry.aShop(
        { package: name, validUntil: day(stock) },
        { package: 'northwind/suite', validUntil: day(suite) },
      )
    const longer = await heldUntil('2026-03-01', '2026-08-01')
    const both = await heldUntil('2026-08-01', '2026-08-01')
    const messageFor = async (shop: Shop) => (await infosIn(shop, `p2/${name}.json`))?.join()
    expect(await messageFor(longer)).toMatch(/packages\/northwind\/suite$/)
    expect(await messageFor(both)).toMatch(/packages\/northwind\/module-stock$/)
  })

  test('projects with different windows have different validators, although their messages are equal', async ({
    registry,
  }) => {
    const name = 'northwind/module-stock'
    const [early, late] = [
      await registry.aShop({ package: name, validUntil: day('2026-03-01') }),
      await registry.aShop({ package: name, validUntil: day('2026-07-01') }),
    ]
    const [one, other] = [await early.p2(name), await late.p2(name)]
    expect(one.json<P2>().infos).toEqual(other.json<P2>().infos)
    expect([versionsIn(one), versionsIn(other)]).toEqual([['v1.0.0'], ['v1.1.0', 'v1.0.0']])
    const validator = String(one.headers['last-modified'])
    const path = `p2/${name}.json`
    expect((await late.ofProject(path, { 'if-modified-since': validator })).statusCode).toBe(200)
  })

  test('the announcement for a package that is no longer sold says so and has no link', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil: day('2026-12-01') })
    const sold = registry.db
      .updateTable('packages')
      .where('id', '=', registry.market.package('northwind/module-stock'))
    await sold.set({ withdrawn_at: NOW }).execute()
    const infos = await infosIn(shop)
    await sold.set({ withdrawn_at: null }).execute()
    expect(infos).toEqual(['northwind/module-stock: updates end on 2026-12-01. It is no longer sold.'])
  })
})

describe('a market that changes between two requests', () => {
  test('a new version is listed at once, but only inside the update window', async ({ registry }) => {
    const name = 'northwind/theme-plain'
    const [open, ended] = [
      await registry.aShop({ package: name }),
      await registry.aShop({ package: 'northwind/module-stock', validUntil: day('2026-11-01') }),
    ]
    const before = await open.p2(name)
    await publish(registry, name, 'v2.0.0', { type: 'magento2-theme' })
    await publish(registry, 'northwind/module-stock', 'v2.0.0')
    const validator = String(before.headers['last-modified'])
    const after = await open.ofProject(`p2/${name}.json`, { 'if-modified-since': validator })
    expect(versionsIn(after)).toEqual(['v2.0.0', ...versionsIn(before)])
    expect(versionsIn(await ended.p2('northwind/module-stock'))).not.toContain('v2.0.0')
  })

  test('a metapackage covers a package from the release on that requires it', async ({ registry }) => {
    const [open, ended] = [
      await registry.aShop({ package: 'northwind/suite' }),
      await registry.aShop({ package: 'northwind/suite', validUntil: day('2026-11-01') }),
    ]
    const root = async (shop: Shop) =>
      (await shop.ofProject('packages.json')).json<Record<string, string[]>>()['available-packages']
    expect((await open.p2('northwind/module-hello')).statusCode).toBe(402)
    const require = { 'northwind/module-hello': '^1.0', 'fabrikam/module-labels': '^1.0' }
    await publish(registry, 'northwind/suite', 'v2.0.0', { type: 'metapackage', require })
    expect((await open.p2('northwind/module-hello')).statusCode).toBe(200)
    expect((await ended.p2('northwind/module-hello')).statusCode).toBe(402)
    expect([await root(open), await root(ended)]).toEqual([
      expect.arrayContaining(['northwind/module-hello']),
      expect.not.arrayContaining(['northwind/module-hello']),
    ])
    // a package of another vendor is never covered
    expect(statusAndWarning(await open.p2('fabrikam/module-labels')).status).toBe(402)
    expect((await open.get(await registry.distOf('fabrikam/module-labels', '1.0.0'))).statusCode).toBe(402)
  })

  test('a suspended vendor sells nothing more, and its customers keep access', async ({ registry }) => {
    const name = 'fabrikam/module-labels'
    const [holder, former, stranger] = [
      await registry.aShop({ package: name }),
      await registry.aShop({ package: name, status: 'refunded' }),
      await registry.aShop(),
    ]
    const vendor = registry.db.updateTable('vendors').where('id', '=', registry.market.vendor('fabrikam'))
    await vendor.set({ suspended_at: NOW }).execute()
    const found = [await holder.p2(name), await former.p2(name), await stranger.p2(name)]
    await vendor.set({ suspended_at: null }).execute()
    expect(found.map(({ statusCode }) => statusCode)).toEqual([200, 402, 404])
    expect(found[1]?.body).not.toContain('http')
  })
})

async function publish(
  registry: Registry,
  name: string,
  tag: string,
  manifest: Record<string, unknown> = {},
) {
  const isMetapackage = manifest['type'] === 'metapackage'
  await publishVersion(registry.db, {
    id: mintId('ver', NOW, Math.random),
    packageId: registry.market.package(name),
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
