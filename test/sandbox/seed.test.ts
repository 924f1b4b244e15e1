import { execFile } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orgsOf } from '#domain/orgs'
import type { Db } from '#platform/database'
import { openDiskStorage, type Storage } from '#platform/storage'
import { onPath } from '../../sandbox/engines/process.ts'
import { seed } from '../../sandbox/seed/index.ts'
import { demoPackages } from '../../sandbox/seed/packages/index.ts'
import { localTags, type Repositories, repositoriesIn } from '../../sandbox/seed/repositories.ts'
import { aBank, type Bank } from '../support/a-bank.ts'
import { aDatabase } from '../support/database.ts'

const php = onPath('php')
const versions = demoPackages().flatMap((demo) => demo.versions.map((version) => ({ demo, ...version })))

describe('the demo packages', () => {
  test('every demo package has its own name, and there are more than ten versions', () => {
    expect(versions.length).toBeGreaterThan(10)
    expect(new Set(demoPackages().map(({ name }) => name)).size).toBe(demoPackages().length)
  })

  test.for(versions.map(({ demo, ...version }) => [demo.name, version.tag, demo, version.files] as const))(
    'the manifest of a demo package has its name, type and description: %s %s',
    ([name, , demo, files]) => {
      const manifest = JSON.parse(files['composer.json'] ?? '') as Record<string, unknown>

      expect(manifest).toMatchObject({ name, type: demo.type, description: expect.any(String) })
      expect(manifest).not.toHaveProperty('version')
      expect(name.split('/')[0]).toBe(demo.vendor)
    },
  )

  test('the demo packages require only packages of the demo market', () => {
    const names = new Set(versions.map(({ demo }) => demo.name))
    const required = versions.flatMap(({ files }) => {
      const { require = {} } = JSON.parse(files['composer.json'] ?? '') as {
        require?: Record<string, string>
      }
      return Object.keys(require).filter((name) => name.includes('/'))
    })

    expect(required.length).toBeGreaterThan(0)
    expect(required.filter((name) => !names.has(name))).toEqual([])
  })

  test('a build machine has PHP, which checks the demo packages', () => {
    expect(Boolean(php) || !process.env['CI']).toBe(true)
  })

  test.skipIf(!php)('the PHP files of the demo packages pass `php -l`', async () => {
    const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'php-'))
    const sources = new Map(
      versions.flatMap(({ demo, tag, files }) =>
        Object.entries(files)
          .filter(([file]) => /\.(php|phtml)$/.test(file))
          .map(([file, source]) => [source, `${demo.name} ${tag} ${file}`]),
      ),
    )

    // before 8.3, php checks only the first of several files
    const errors = await Promise.all(
      [...sources].map(async ([source, name], i) => {
        const file = path.join(dir, `${i}.php`)
        await fs.writeFile(file, source)
        return promisify(execFile)('php', ['-n', '-d', 'display_errors=stderr', '-l', file]).then(
          () => undefined,
          ({ stderr }: { stderr: string }) => `${name}: ${stderr}`,
        )
      }),
    )

    expect(errors.filter(Boolean)).toEqual([])
    expect(errors.length).toBeGreaterThan(10)
    await fs.rm(dir, { recursive: true })
  })
})

describe('seeding the demo market', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let bank: Bank
  let dir: string
  let repositories: Repositories
  beforeAll(async () => {
    ;[database, bank, dir] = await Promise.all([
      aDatabase(),
      aBank(),
      fs.mkdtemp(path.join(os.tmpdir(), 'storage-')),
    ])
    repositories = await repositoriesIn(path.join(dir, 'git'))
  })
  afterAll(() => Promise.all([database.close(), bank.stop(), fs.rm(dir, { recursive: true, force: true })]))

  const seeding = (at: string, { db = database.db, storage = openDiskStorage(dir) } = {}) =>
    seed({ db, payments: bank.payments, storage, repositories, at: new Date(at) })

  test('seeding the demo market a second time changes no row and no zip, and sends no request to the bank', async () => {
    const first = await seeding('2026-11-23T10:00:00Z')
    const before = await everything()

    const second = await seeding('2026-11-24T10:00:00Z')

    expect([first, second]).toEqual([true, false])
    expect(await everything()).toEqual(before)
    expect(before.rows['packages']).toHaveLength(demoPackages().length)
    expect(before.rows['versions']).toHaveLength(versions.length)
    expect(before.zips.length).toBeGreaterThan(10)
    expect(before.requests).toBeGreaterThan(0)
    expect(await bank.violations()).toEqual([])
  })

  test('everybody owns a personal org, which is never the default of somebody with another org', async () => {
    const people = await database.db.selectFrom('customers').select(['id', 'display_name']).execute()
    expect(people.length).toBeGreaterThan(5)

    for (const { id, display_name } of people) {
      const orgs = await orgsOf(database.db, id)
      expect(orgs.at(-1)).toMatchObject({ name: display_name, role: 'owner' })
      expect(orgs.filter(({ name }) => name === display_name)).toHaveLength(1)
    }
  })

  test('seeding that fails leaves the database empty', async () => {
    const empty = await aDatabase()
    const before = await rowsIn(empty.db)
    const away = { ...bank.payments, attachCard: () => Promise.reject(new Error('the bank is away')) }

    const failed = seed({
      ...empty,
      payments: away,
      storage: openDiskStorage(dir),
      repositories,
      at: new Date(),
    })

    await expect(failed).rejects.toThrow('the bank is away')
    expect(await rowsIn(empty.db)).toEqual(before)
    expect(before['customers']).toEqual([])
    await empty.close()
  })

  test('seeding stores the zip of every version except a metapackage, under its hash', async () => {
    const rows = await database.db
      .selectFrom('versions')
      .innerJoin('packages', 'packages.id', 'versions.package_id')
      .select(['zip_sha256', 'type'])
      .execute()

    const storage = openDiskStorage(dir)
    for (const { zip_sha256, type } of rows) {
      const found = zip_sha256 ? await storage.open(zip_sha256) : undefined
      found?.stream.destroy()
      expect(Boolean(found)).toBe(type !== 'metapackage')
    }
  })

  test('each seeded version has the commit of its tag, was first seen at its release, and has checks', async () => {
    const rows = await database.db
      .selectFrom('versions as v')
      .innerJoin('packages as p', 'p.id', 'v.package_id')
      .select(['p.name', 'v.tag', 'v.commit_sha as commit', 'v.tree_sha as tree'])
      .select(['v.released_at as releasedAt', 'v.committed_at as committedAt', 'v.id'])
      .execute()
    const checks = await database.db.selectFrom('version_checks').select('version_id').distinct().execute()

    const [tags, dates] = [[] as string[], [] as string[]]
    for (const [name, folder] of repositories)
      for (const { tag, commit, tree } of await localTags(folder))
        tags.push(`${name} ${tag} ${commit} ${tree}`)
    for (const { demo, tag, releasedAt } of versions)
      dates.push(`${demo.name} ${tag} ${new Date(releasedAt).toISOString()}`)
    expect(rows.map((row) => `${row.name} ${row.tag} ${row.commit} ${row.tree}`).sort()).toEqual(tags.sort())
    const seen = rows.map(({ name, tag, releasedAt }) => `${name} ${tag} ${releasedAt.toISOString()}`)
    expect(seen.sort()).toEqual(dates.sort())
    expect(rows.map(({ committedAt }) => committedAt)).toEqual(rows.map(({ releasedAt }) => releasedAt))
    expect(checks.map((row) => row.version_id).sort()).toEqual(rows.map(({ id }) => id).sort())
  })

  test('a start that is stopped in the middle of the seed goes on, and zips that are lost come back', async () => {
    const [empty, folder] = [await aDatabase(), path.join(dir, 'second')]
    const disk = openDiskStorage(folder)
    let left = 5
    const full = {
      ...disk,
      put: (...zip: Parameters<Storage['put']>) =>
        left-- ? disk.put(...zip) : Promise.reject(new Error('the disk is full')),
    }
    const tags = () => empty.db.selectFrom('versions').select('tag').execute()
    const stored = async () => (await fs.readdir(folder, { recursive: true })).sort()

    const stopped = seeding('2026-11-23T10:00:00Z', { db: empty.db, storage: full })
    await expect(stopped).rejects.toThrow('the disk is full')
    expect(await tags()).toHaveLength(5)
    await seeding('2026-11-24T10:00:00Z', { db: empty.db, storage: disk })
    expect(await tags()).toHaveLength(versions.length)

    const before = await stored()
    await fs.rm(folder, { recursive: true })
    await seeding('2026-11-25T10:00:00Z', { db: empty.db, storage: disk })
    expect(await stored()).toEqual(before)
    await empty.close()
  })

  const everything = async () => ({
    rows: await rowsIn(database.db),
    zips: (await fs.readdir(dir, { recursive: true })).sort(),
    requests: (await bank.requests()).length,
  })
})

/** All rows of all our tables, as text. */
async function rowsIn(db: Db): Promise<Record<string, string[]>> {
  const tables = (await db.introspection.getTables()).filter(({ name }) => name !== 'schema_migration')
  const all: Record<string, string[]> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(t)::text as row from ${sql.table(name)} t order by 1`.execute(db)
    all[name] = rows.map(({ row }) => row)
  }
  return all
}
