import fs from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aComposerMarket } from '../support/a-composer-market.ts'
import { composerVersion, isAtLeast } from '../support/composer.ts'

const version = await composerVersion()
const LONG = 60_000
const ADVISORIES = 'POST /composer/advisories 200'
/** Before it installs a lock file, a newer Composer asks which versions were blocked. */
const blocked = isAtLeast(version, '2.10') ? ['GET /r/PROJECT/filter.json 200'] : []
/** Before it chooses versions, a newer Composer asks for advisories, and does not choose affected versions. */
const beforeChoosing = isAtLeast(version, '2.9') ? [ADVISORIES] : []
const ROOT = 'GET /r/PROJECT/packages.json'
const p2 = (name: string) => `GET /r/PROJECT/p2/northwind/${name}.json`
const zip = (name: string, label: string) =>
  expect.stringMatching(
    new RegExp(String.raw`^GET /dist/northwind/${name}/${label}-[0-9a-f]{16}\.zip 200$`),
  ) as string

test('a build machine has Composer, and other machines may skip the tests that need it', () => {
  expect(Boolean(version) || !process.env['CI']).toBe(true)
})

describe.skipIf(!version)(
  `Composer ${version ?? '(skipped: there is none on the PATH)'}`,
  { timeout: LONG },
  () => {
    let at: Awaited<ReturnType<typeof aComposerMarket>>
    beforeAll(async () => {
      at = await aComposerMarket()
    })
    afterEach(() => at.removeShops())
    afterAll(() => at.close())

    test('Composer requires a module, updates it and installs from the lock, with no more requests than necessary', async () => {
      const shop = await at.aShop(['northwind/module-search'])

      const cold = await shop.run('require', 'northwind/module-search')

      expect(cold.output).toContain('Installing northwind/module-search (v1.1.0)')
      expect(cold.exitCode).toBe(0)
      expect(at.requests()).toEqual([
        `${ROOT} 200`,
        `${p2('module-search')} 200`,
        `${ROOT} 304`,
        `${p2('module-search')} 304`,
        ...beforeChoosing,
        zip('module-search', '1.1.0'),
        'POST /composer/downloads 204',
        ADVISORIES,
      ])
      const { 'northwind/module-search': locked } = await shop.locked()
      expect(locked?.dist?.shasum).toMatch(/^[0-9a-f]{40}$/)
      expect(locked).not.toHaveProperty('source')
      expect(await shop.read('composer.lock')).not.toContain(shop.keys.privateKey)
      expect(await shop.read('vendor/northwind/module-search/registration.php')).toContain('Northwind_Search')

      expect((await shop.run('update')).exitCode).toBe(0)
      expect(at.requests()).toEqual([
        `${ROOT} 304`,
        `${p2('module-search')} 304`,
        ...beforeChoosing,
        ADVISORIES,
      ])

      await shop.forget('vendor')
      expect((await shop.run('install')).exitCode).toBe(0)
      // the zip was in the cache
      expect(at.requests()).toEqual([...blocked, 'POST /composer/downloads 204'])

      await shop.forget('vendor')
      await shop.forget('cache')
      expect((await shop.run('install')).exitCode).toBe(0)
      expect(at.requests()).toEqual([
        ...(blocked.length ? [`${ROOT} 200`, ...blocked] : []),
        zip('module-search', '1.1.0'),
        'POST /composer/downloads 204',
      ])
    })

    test('Composer requests no package of a vendor that sells nothing here', async () => {
      const shop = await at.aShop([])
      const run = await shop.run('require', 'elsewhere/module-search')
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain('Could not find a matching version of package elsewhere/module-search')
      expect(at.requests()).toEqual([`${ROOT} 200`])
    })

    test.for([
      ['a vendor from whom the project bought', ['northwind/module-hello']],
      ['a vendor from whom it never bought', []],
    ] as const)(
      'Composer shows where to buy a package of %s, and takes it from no other repository',
      async ([, licences]) => {
        const foreign = { name: 'northwind/module-search', version: '9.9.9', type: 'metapackage' }
        const repositories = [{ type: 'package', package: foreign }]
        const shop = await at.aShop([...licences], { repositories })
        const run = await shop.run('require', 'northwind/module-search')
        expect(run.exitCode).not.toBe(0)
        expect(run.output).toContain(
          `northwind/module-search is not licensed for this project. Buy: ${at.door.publicUrl}/packages/northwind/module-search`,
        )
        expect(run.output).not.toContain('9.9.9')
        expect(await shop.has('composer.lock')).toBe(false)
      },
    )

    test('Composer installs all packages of a metapackage, hidden ones too, and none after the refund', async () => {
      const shop = await at.aShop(['northwind/suite'])
      expect((await shop.run('require', 'northwind/suite')).exitCode).toBe(0)
      expect(Object.keys(await shop.locked())).toEqual([
        'northwind/module-core',
        'northwind/module-search',
        'northwind/module-stock',
        'northwind/suite',
      ])
      for (const name of ['module-search', 'module-stock', 'module-core'])
        expect(await shop.has(`vendor/northwind/${name}/composer.json`)).toBe(true)

      await at.licencesOn(shop.id).set({ status: 'refunded' }).execute()
      await shop.forget('vendor')
      await shop.forget('cache')
      at.requests()
      const run = await shop.run('install')

      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain(`Buy: ${at.door.publicUrl}/packages/northwind/module-s`)
      expect(await shop.has('vendor/northwind/module-search/registration.php')).toBe(false)
      const zips = at.requests().filter((request) => request.includes('/dist/'))
      expect(zips.every((request) => request.endsWith(' 402'))).toBe(true)
    })

    test('a licence for a metapackage does not include its requirements from another vendor', async () => {
      await at.publish('northwind/suite', 'v9.0.0', { 'fabrikam/module-labels': '^1.0' })
      const shop = await at.aShop([
        { package: 'northwind/suite', validUntil: new Date('2099-01-01') },
        'fabrikam/module-broken',
      ])
      const run = await shop.run('require', 'northwind/suite:^9.0')
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain(`Buy: ${at.door.publicUrl}/packages/fabrikam/module-labels`)
    })

    test('when two projects share a cache, each locks the version that it may install', async () => {
      const day = (text: string) => new Date(`${text}T00:00:00Z`)
      const one = await at.aShop([{ package: 'northwind/module-stock', validUntil: day('2099-01-01') }])
      const other = await at.aShop([{ package: 'northwind/module-stock', validUntil: day('2026-07-01') }], {
        cacheDir: one.cacheDir,
      })
      const stock = async (shop: typeof one) => {
        expect((await shop.run('require', 'northwind/module-stock:*')).exitCode).toBe(0)
        return (await shop.locked())['northwind/module-stock']?.version
      }
      expect([await stock(one), await stock(other), await stock(one)]).toEqual(['v1.2.0', 'v1.1.0', 'v1.2.0'])
    })

    test('Composer refuses a zip in which one byte was changed', async () => {
      const shop = await at.aShop(['northwind/theme-plain'])
      const undo = await flipOneByte('northwind/theme-plain', '1.1.0')
      const run = await shop.run('require', 'northwind/theme-plain')
      await undo()
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain('checksum verification')
      expect(await shop.has('vendor/northwind/theme-plain/registration.php')).toBe(false)
    })

    test.runIf(isAtLeast(version, '2.11'))(
      'the cooldown policy of Composer itself accepts our versions, because they say when they were published',
      async () => {
        const shop = await at.aShop(['northwind/module-search'])
        const manifest = JSON.parse(await shop.read('composer.json')) as { config: object }
        manifest.config = { ...manifest.config, policy: { cooldown: { period: '7 days' } } }
        await fs.writeFile(path.join(shop.dir, 'composer.json'), JSON.stringify(manifest))
        const run = await shop.run('require', 'northwind/module-search')
        expect(run.output).not.toContain('published-time')
        expect([run.exitCode, run.output]).toEqual([0, expect.stringContaining('Installing northwind')])
      },
    )

    async function flipOneByte(name: string, label: string): Promise<() => Promise<void>> {
      const { zip_sha256 } = await at.db
        .selectFrom('versions')
        .select('zip_sha256')
        .where('package_id', '=', at.market.package(name))
        .where('label', '=', label)
        .executeTakeFirstOrThrow()
      const file = path.join(at.storageDir, 'sha256', (zip_sha256 ?? '').slice(0, 2), `${zip_sha256}.zip`)
      const bytes = await fs.readFile(file)
      const changed = Buffer.from(bytes)
      const middle = Math.floor(changed.length / 2)
      changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle)
      await fs.writeFile(file, changed)
      return () => fs.writeFile(file, bytes)
    }
  },
)
