import { describe, expect, onTestFinished } from 'vitest'
import { findPublicPackage } from '#domain/catalogue'
import { type Download, recordDownloads } from '#domain/publishing'
import { registryTest, type Registry, type Shop } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

describe('the number of installs of a package', () => {
  test('each installation counts once, also when processes report the same packages at the same time', async ({
    registry,
  }) => {
    const [a, b] = [
      await registry.aShop({ package: 'northwind/module-search' }),
      await registry.aShop({ package: 'northwind/module-stock' }),
    ]
    const by = ({ keys }: Shop, name: string, minute: number): Download => ({
      token: keys.id,
      package: `northwind/${name}`,
      version: '1.1.0.0',
      at: new Date(NOW.getTime() + minute * 60_000),
      ip: undefined,
      userAgent: undefined,
    })
    const reported = [0, 1, 2].flatMap((n) => [by(a, 'module-search', n), by(b, 'module-stock', n)])
    const before = await Promise.all(
      ['module-search', 'module-stock'].map((name) => installsOf(registry, name)),
    )

    await Promise.all(
      [reported, reported.toReversed().slice(0, 1), [by(a, 'module-search', 7)]].map((batch) =>
        recordDownloads(registry.db, batch),
      ),
    )
    await recordDownloads(registry.db, reported)

    const after = await Promise.all(
      ['module-search', 'module-stock'].map((name) => installsOf(registry, name)),
    )
    expect(after.map((n, i) => n - (before[i] ?? 0))).toEqual([4, 3])
  })

  test("installs by a project of the vendor's org are recorded, and not in the number", async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const { db } = registry
    const northwind = db.updateTable('vendors').where('slug', '=', 'northwind')
    const { org_id: vendorOrg } = await db
      .selectFrom('vendors')
      .select('org_id')
      .where('slug', '=', 'northwind')
      .executeTakeFirstOrThrow()
    const { org_id } = await db
      .selectFrom('projects')
      .select('org_id')
      .where('id', '=', shop.id)
      .executeTakeFirstOrThrow()
    onTestFinished(async () => void (await northwind.set({ org_id: vendorOrg }).execute()))
    const report = (minute: number) =>
      recordDownloads(db, [
        {
          token: shop.keys.id,
          package: 'northwind/module-search',
          version: '1.1.0.0',
          at: new Date(NOW.getTime() + minute * 60_000),
          ip: undefined,
          userAgent: undefined,
        },
      ])
    const before = await installsOf(registry, 'module-search')
    await report(30)
    await northwind.set({ org_id }).execute()

    await report(31)

    expect((await installsOf(registry, 'module-search')) - before).toBe(1)
    const rows = db.selectFrom('downloads').select('minute').where('token_id', '=', shop.keys.id)
    expect(await rows.execute()).toHaveLength(2)
  })

  const installsOf = async ({ db }: Registry, name: string): Promise<number> =>
    (await findPublicPackage(db, `northwind/${name}`))?.installs ?? Number.NaN
})
