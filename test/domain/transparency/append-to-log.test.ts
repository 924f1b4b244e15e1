import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { sql } from 'kysely'
import { blockVersion, fileAdvisory, publishVersion } from '#domain/publishing'
import {
  appendToLog,
  entriesBefore,
  entriesFrom,
  joined,
  leafHash,
  logEverythingMissing,
  logHead,
  logPastOf,
  subtreesOf,
} from '#domain/transparency'
import { mintId, type PackageId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { nodeHash } from '../../../src/domain/transparency/merkle.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const all = () => entriesFrom(database.db, { from: 0, limit: 10_000 })
const bodies = async () => (await all()).map(({ body }) => JSON.parse(body) as Record<string, unknown>)
const sizeNow = async () => (await logHead(database.db)).size
const newEntries = async (since: number) => (await bodies()).slice(since)

/** The root of all entries, computed from their texts. */
async function computedRoot(): Promise<Buffer> {
  const leaves = (await all()).map(({ body }) => leafHash(body))
  const subtree = (level: number, place: number): Buffer =>
    level === 0
      ? (leaves[place] ?? joined([]))
      : nodeHash(subtree(level - 1, 2 * place), subtree(level - 1, 2 * place + 1))
  return joined(subtreesOf({ from: 0, to: leaves.length }).map(({ level, place }) => subtree(level, place)))
}

function aVersion(packageId: PackageId, name: string, tag: string) {
  const manifest = { name, type: 'metapackage', require: {} }
  return {
    id: mintId('ver', NOW, Math.random),
    packageId,
    tag,
    commitSha: 'c'.repeat(40),
    treeSha: 'd'.repeat(40),
    committedAt: NOW,
    releasedAt: NOW,
    manifest,
  }
}
const publish = (tag: string, name = 'northwind/suite') =>
  publishVersion(database.db, aVersion(market.package(name), name, tag))

describe('the log of what happened to public packages', () => {
  test('every version of the seeded market is in the log, with its hashes, and no hidden package', async () => {
    const hidden = await database.db
      .selectFrom('packages')
      .select('name')
      .where('hidden_at', 'is not', null)
      .execute()
    const published = await database.db
      .selectFrom('versions as v')
      .innerJoin('packages as p', 'p.id', 'v.package_id')
      .select(['p.name as package', 'v.tag', 'v.commit_sha as commit', 'v.zip_sha256'])
      .where('p.hidden_at', 'is', null)
      .execute()

    const logged = (await bodies()).filter(({ kind }) => kind === 'version_published')

    expect(hidden).not.toEqual([])
    for (const { name } of hidden) expect(JSON.stringify(logged)).not.toContain(`"${name}"`)
    const facts = logged.map((each) => [
      each['package'],
      each['tag'],
      each['commit'],
      each['zip_sha256'] ?? null,
    ])
    const wanted = published.map((row) => [row.package, row.tag, row.commit, row.zip_sha256])
    expect(facts.map(String).toSorted()).toEqual(wanted.map(String).toSorted())
  })

  test('a publication, a block and an advisory are one entry each, and their second time none', async () => {
    const before = await sizeNow()
    await publish('v7.0.0')
    await publish('v7.0.0')
    const block = { operator: market.person('operator'), package: 'northwind/suite', version: '7.0.0' }
    await blockVersion(database.db, { ...block, reason: 'sends orders to a stranger' })
    await blockVersion(database.db, { ...block, reason: 'sends orders to a stranger' })
    const advisory = await fileAdvisory(database.db, {
      by: { operator: market.person('operator') },
      package: 'northwind/suite',
      affectedVersions: '<7.0.1',
      title: 'A page may run scripts',
      severity: 'high',
      cve: 'CVE-2026-10001',
      at: NOW,
    })

    const named = { package: 'northwind/suite', logged_at: expect.any(String) as string }
    const version = { ...named, version: '7.0.0', tag: 'v7.0.0', commit: 'c'.repeat(40) }
    const text = expect.stringMatching(/^[0-9a-f]{64}$/) as string
    expect(await newEntries(before)).toEqual([
      { ...version, kind: 'version_published', tree: 'd'.repeat(40), released_at: NOW.toISOString() },
      { ...version, kind: 'version_blocked', reason_sha256: text },
      {
        ...named,
        kind: 'advisory_filed',
        advisory,
        affected_versions: '<7.0.1',
        severity: 'high',
        cve: 'CVE-2026-10001',
        title_sha256: text,
      },
    ])
  })

  test('a moved tag is logged for each commit, and a withdrawal once', async () => {
    const { id: version } = await publish('v7.1.0')
    const before = await sizeNow()
    const append = (event: Parameters<typeof appendToLog>[1]) =>
      inTransaction(database.db, (tx) => appendToLog(tx, event))
    for (const movedTo of ['a'.repeat(40), 'b'.repeat(40), 'a'.repeat(40)])
      await append({ kind: 'tag_moved', version, movedTo })
    await append({ kind: 'version_withdrawn', version, reason: 'was tagged too early' })
    await append({ kind: 'version_withdrawn', version })
    expect((await newEntries(before)).map(({ kind, moved_to }) => [kind, moved_to])).toEqual([
      ['tag_moved', 'a'.repeat(40)],
      ['tag_moved', 'b'.repeat(40)],
      ['version_withdrawn', undefined],
    ])
  })

  test('an entry has no text that a person wrote and no id of a person, an org or a buyer', async () => {
    const log = JSON.stringify(await bodies())
    for (const text of ['stranger', 'scripts', 'tagged too early']) expect(log).not.toContain(text)
    expect(log).not.toMatch(/\b(cst|org|con|prj|ven|pkg|ver|lic)_/)
  })

  test('an event that is rolled back leaves no entry and no gap', async () => {
    const before = await sizeNow()
    const failing = inTransaction(database.db, async (tx) => {
      await publishVersion(tx, aVersion(market.package('northwind/suite'), 'northwind/suite', 'v7.2.0'))
      throw new Error('the event failed')
    })
    await expect(failing).rejects.toThrow('the event failed')
    await publish('v7.3.0')
    expect((await newEntries(before)).map(({ version }) => version)).toEqual(['7.3.0'])
    expect((await all()).map(({ leaf }) => leaf)).toEqual([...Array(before + 1).keys()])
  })

  test('an event cannot be logged outside its transaction', async () => {
    const { id: version } = await publish('v7.4.0')
    await expect(appendToLog(database.db, { kind: 'version_withdrawn', version })).rejects.toThrow(TypeError)
  })

  test('events that commit at the same time get one place each, without a deadlock', async () => {
    const before = await sizeNow()
    const tags = Array.from({ length: 16 }, (_, n) => `v8.0.${n}`)
    const names = ['northwind/suite', 'fabrikam/module-labels']

    await Promise.all(tags.flatMap((tag) => names.map((name) => publish(tag, name))))

    expect(await sizeNow()).toBe(before + tags.length * names.length)
    expect((await all()).map(({ leaf }) => leaf)).toEqual([...Array(await sizeNow()).keys()])
  })

  test('the head has the root that the texts of all entries have', async () => {
    expect((await logHead(database.db)).root).toEqual(await computedRoot())
  })

  test('a hidden package is not in the log until it becomes public, and then with all its events', async () => {
    const name = 'northwind/module-core'
    const hide = (at: Date | null) =>
      database.db.updateTable('packages').set({ hidden_at: at }).where('name', '=', name)
    const before = await sizeNow()
    await fileAdvisory(database.db, {
      by: { operator: market.person('operator') },
      package: name,
      affectedVersions: '<1.0.1',
      title: 'A secret one',
      severity: 'low',
      at: NOW,
    })
    expect(await sizeNow()).toBe(before)

    const logged = await inTransaction(database.db, async (tx) => {
      await hide(null).execute()
      return logPastOf(tx, { package: market.package(name) })
    })
    onTestFinished(() => void hide(NOW).execute())

    const now = await newEntries(before)
    expect(now).toHaveLength(logged)
    expect(new Set(now.map(({ kind }) => kind))).toEqual(new Set(['version_published', 'advisory_filed']))
    expect(now.at(-1)?.['kind']).toBe('advisory_filed')
    expect(await logEverythingMissing(database.db)).toBe(0)
  })

  test('a change that somebody made by hand in the database is found and logged', async () => {
    const versions = database.db
      .updateTable('versions')
      .where('package_id', '=', market.package('northwind/suite'))
    await versions
      .set({ moved_to: 'e'.repeat(40) })
      .where('tag', '=', 'v8.0.0')
      .execute()
    await versions.set({ status: 'withdrawn' }).where('tag', '=', 'v8.0.1').execute()
    const before = await sizeNow()
    expect(await logEverythingMissing(database.db)).toBe(2)
    expect(await logEverythingMissing(database.db)).toBe(0)
    const logged = (await newEntries(before)).map(({ kind, version }) => `${String(kind)} ${String(version)}`)
    expect(logged.toSorted()).toEqual(['tag_moved 8.0.0', 'version_withdrawn 8.0.1'])
  })

  test('entries are read by package, from either end', async () => {
    const filter = { package: 'northwind/suite', limit: 2 }
    const first = await entriesFrom(database.db, { ...filter, from: 0 })
    const last = await entriesBefore(database.db, { ...filter, before: Number.MAX_SAFE_INTEGER })
    expect(first.map(({ leaf }) => leaf)).toEqual(first.map(({ leaf }) => leaf).toSorted((a, b) => a - b))
    expect(last[0]?.leaf).toBe((await sizeNow()) - 1)
    expect([...first, ...last].every(({ body }) => body.includes('"package":"northwind/suite"'))).toBe(true)
  })

  test.for([
    ["update transparency_entries set body = '{}' where leaf = 1"],
    ['update transparency_entries set leaf = 9999 where leaf = 1'],
    ['delete from transparency_entries where leaf = 1'],
    ['truncate transparency_entries'],
    ["update transparency_nodes set hash = sha256('') where level = 0 and place = 1"],
    ['delete from transparency_nodes where level = 0'],
    ['truncate transparency_nodes'],
  ])('the database refuses: %s', async ([statement = '']) => {
    await expect(sql.raw(statement).execute(database.db)).rejects.toMatchObject({ code: '23001' })
  })
})
