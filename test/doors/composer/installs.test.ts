import { describe, expect, onTestFinished } from 'vitest'
import { findPublicPackage } from '#domain/catalogue'
import { type Download, recordDownloads } from '#domain/publishing'
import type { OrgId } from '#kernel/ids'
import { type Registry, registryTest, type Shop } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

const by = ({ keys }: Shop, name: string, minute: number): Download => ({
  token: keys.id,
  package: `northwind/${name}`,
  version: '1.1.0.0',
  at: new Date(NOW.getTime() + minute * 60_000),
  ip: undefined,
  userAgent: undefined,
})

const installsOf = async ({ db }: Registry, name: string): Promise<number> =>
  (await findPublicPackage(db, `northwind/${name}`))?.installs ?? Number.NaN

describe('the number of installs of a package', () => {
  test('each installation counts once, also when processes report the same packages at the same time', async ({
    registry,
  }) => {
    const [a, b] = [
      await registry.aShop({ package: 'northwind/module-search' }),
      await registry.aShop({ package: 'northwind/module-stock' }),
    ]
    const reported = [0, 1, 2].flatMap((n) => [by(a, 'module-search', n), by(b, 'module-stock', n)])
    const before = await Promise.all(
      ['module-search', 'module-stock'].map((name) => installsOf(registry, name)),
    )

    await Promise.all(
      [reported, reported.toReversed(), [by(a, 'module-search', 7)]].map((batch) =>
        recordDownloads(registry.db, batch),
      ),
    )
    await recordDownloads(registry.db, reported)

    const after = await Promise.all(
      ['module-search', 'module-stock'].map((name) => installsOf(registry, name)),
    )
    expect(after.map((n, i) => n - (before[i] ?? 0))).toEqual([4, 3])
  })

  test('processes that report the same downloads in another order all succeed', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const reported = Array.from({ length: 1000 }, (_, minute) => by(shop, 'module-search', minute))
    const before = await installsOf(registry, 'module-search')

    await Promise.all([reported, reported.toReversed()].map((batch) => recordDownloads(registry.db, batch)))

    expect((await installsOf(registry, 'module-search')) - before).toBe(1000)
  })

  test('what the org of the vendor installs itself is kept, and does not count', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const before = await installsOf(registry, 'module-search')
    const report = (minute: number) => recordDownloads(registry.db, [by(shop, 'module-search', minute)])
    await report(0)
    const moveVendor = (org: OrgId) =>
      registry.db.updateTable('vendors').set({ org_id: org }).where('slug', '=', 'northwind').execute()
    const { org_id: own } = await registry.db
      .selectFrom('vendors')
      .select('org_id')
      .where('slug', '=', 'northwind')
      .executeTakeFirstOrThrow()
    onTestFinished(async () => void (await moveVendor(own)))
    await moveVendor(registry.market.org('acme-retail'))

    await report(1)

    const kept = registry.db.selectFrom('downloads').select('minute').where('token_id', '=', shop.keys.id)
    expect(await kept.execute()).toHaveLength(2)
    expect((await installsOf(registry, 'module-search')) - before).toBe(1)
  })
})
