import fs from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, aProjectToken, aStorage, type Market } from '../support/a-market.ts'
import { aComposerProject, aListeningRegistry, composerVersion } from '../support/composer.ts'
import { aDatabase } from '../support/database.ts'

const version = await composerVersion()
const LONG = 60_000

test('a build machine has Composer; elsewhere what needs it may be skipped', () => {
  expect(Boolean(version) || !process.env['CI']).toBe(true)
})

describe.skipIf(!version)(
  `Composer ${version ?? '(skipped: there is none on the PATH)'}`,
  { timeout: LONG },
  () => {
    let database: Awaited<ReturnType<typeof aDatabase>>
    let disk: Awaited<ReturnType<typeof aStorage>>
    let market: Market
    let door: Awaited<ReturnType<typeof aListeningRegistry>>
    const cleanUp: Array<() => Promise<void>> = []
    beforeAll(async () => {
      ;[database, disk] = await Promise.all([aDatabase(), aStorage()])
      market = await aMarket(database.db)
      door = await aListeningRegistry({ db: database.db, storage: disk.storage })
    })
    afterEach(async () => {
      door.requests.length = 0
      for (const step of cleanUp.splice(0)) await step()
    })
    afterAll(async () => {
      await door.close()
      await Promise.all([database.close(), disk.remove()])
    })

    /** A shop's folder with the auth.json and repository we hand out, for a project that holds `packages`. */
    async function aShop(packages: string[], repositories: object[] = []) {
      const project = await aProject(market)
      const keys = await aProjectToken(market, project.id)
      for (const name of packages) await aLicence(market, { package: name, project: project.id })
      const shop = await aComposerProject(door.publicUrl, { project: project.id, keys, repositories })
      cleanUp.push(shop.remove)
      return { ...shop, id: project.id, keys }
    }

    test('requires a paid module: its files are in vendor/, its lock has a checksum and no source', async () => {
      const shop = await aShop(['northwind/module-search'])
      const run = await shop.run('require', 'northwind/module-search')
      expect(run.output).toContain('Installing northwind/module-search (v1.1.0)')
      expect(run.exitCode).toBe(0)
      expect(await shop.read('vendor/northwind/module-search/registration.php')).toContain('Northwind_Search')
      const lock = JSON.parse(await shop.read('composer.lock')) as { packages: Record<string, unknown>[] }
      expect(lock.packages[0]).toMatchObject({
        dist: { shasum: expect.stringMatching(/^[0-9a-f]{40}$/) as string },
      })
      expect(lock.packages[0]).not.toHaveProperty('source')
      expect(door.requests).toContain(`GET /r/${shop.id}/packages.json 200`)
      expect(door.requests).toContain('POST /composer/downloads 204')
      expect(await shop.read('composer.lock')).not.toContain(shop.keys.privateKey)
    })

    test('updates with a warm cache by asking what changed only', async () => {
      const shop = await aShop(['northwind/module-search'])
      await shop.run('require', 'northwind/module-search')
      door.requests.length = 0
      expect((await shop.run('update')).exitCode).toBe(0)
      const metadata = door.requests.filter((request) => request.includes('/r/'))
      expect(metadata).toEqual([
        `GET /r/${shop.id}/packages.json 304`,
        `GET /r/${shop.id}/p2/northwind/module-search.json 304`,
      ])
      expect(door.requests.join()).not.toContain('/dist/')
    })

    test('gets the hidden requirement of what it requires', async () => {
      const shop = await aShop(['northwind/module-stock'])
      const run = await shop.run('require', 'northwind/module-stock')
      expect(run.output).toContain('Installing northwind/module-core (v1.1.0)')
      expect(await shop.has('vendor/northwind/module-core/composer.json')).toBe(true)
      expect(await shop.has('vendor/northwind/module-stock/registration.php')).toBe(true)
    })

    test('gets everything of a metapackage', async () => {
      const shop = await aShop(['northwind/suite'])
      expect((await shop.run('require', 'northwind/suite')).exitCode).toBe(0)
      const names = ['module-search', 'module-stock', 'module-core']
      const found = await Promise.all(names.map((name) => shop.has(`vendor/northwind/${name}/composer.json`)))
      expect(found).toEqual([true, true, true])
    })

    test('is told where to buy what the project does not hold, and takes it from nobody else', async () => {
      const stranger = { name: 'northwind/module-search', version: '9.9.9', type: 'metapackage' }
      const shop = await aShop(['northwind/module-hello'], [{ type: 'package', package: stranger }])
      const run = await shop.run('require', 'northwind/module-search')
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain('northwind/module-search is not licensed for this project. Buy: ')
      expect(run.output).toContain(`${door.publicUrl}/packages/northwind/module-search`)
      expect(run.output).not.toContain('9.9.9')
      expect(await shop.has('composer.lock')).toBe(false)
    })

    test('installs from its lock, with nothing else at hand', async () => {
      const shop = await aShop(['northwind/module-stock'])
      await shop.run('require', 'northwind/module-stock')
      await shop.forget('shop/vendor')
      await shop.forget('cache')
      door.requests.length = 0
      const run = await shop.run('install')
      expect(run.exitCode).toBe(0)
      expect(await shop.has('vendor/northwind/module-stock/registration.php')).toBe(true)
      expect(door.requests.filter((request) => request.includes('/dist/'))).toHaveLength(2)
    })

    test('from its lock is stopped at the zip once the licence is gone', async () => {
      const shop = await aShop(['northwind/module-search'])
      await shop.run('require', 'northwind/module-search')
      await shop.forget('shop/vendor')
      await shop.forget('cache')
      await database.db
        .updateTable('licences')
        .set({ status: 'refunded' })
        .where('id', 'in', licencesOn(shop.id))
        .execute()
      const run = await shop.run('install')
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain(`Buy: ${door.publicUrl}/packages/northwind/module-search`)
      expect(await shop.has('vendor/northwind/module-search/registration.php')).toBe(false)
    })

    test('refuses a zip with one byte changed', async () => {
      const shop = await aShop(['northwind/theme-plain'])
      const undo = await flipOneByte('northwind/theme-plain', '1.1.0')
      cleanUp.push(undo)
      const run = await shop.run('require', 'northwind/theme-plain')
      expect(run.exitCode).not.toBe(0)
      expect(run.output).toContain('checksum verification')
      expect(await shop.has('vendor/northwind/theme-plain/registration.php')).toBe(false)
    })

    const licencesOn = (project: `prj_${string}`) =>
      database.db.selectFrom('activations').select('licence_id').where('project_id', '=', project)

    async function flipOneByte(name: string, label: string): Promise<() => Promise<void>> {
      const { zip_sha256 } = await database.db
        .selectFrom('versions')
        .select('zip_sha256')
        .where('package_id', '=', market.package(name))
        .where('label', '=', label)
        .executeTakeFirstOrThrow()
      const file = path.join(disk.dir, 'sha256', (zip_sha256 ?? '').slice(0, 2), `${zip_sha256}.zip`)
      const bytes = await fs.readFile(file)
      const changed = Buffer.from(bytes)
      const middle = Math.floor(changed.length / 2)
      changed.writeUInt8(changed.readUInt8(middle) ^ 1, middle)
      await fs.writeFile(file, changed)
      return () => fs.writeFile(file, bytes)
    }
  },
)
