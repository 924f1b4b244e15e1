import { describe, expect, onTestFinished, vi } from 'vitest'
import { type Download, recordDownloads } from '#domain/publishing'
import { openDatabase } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { openLogger } from '#platform/logger'
import { downloadQueue } from '../../../src/api/composer/downloads.ts'
import { sql } from 'kysely'
import { registryTest, type Registry, type Shop } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

/** What is counted, as `package version`, when each shop reports all of these downloads at once. */
async function counted(registry: Registry, shops: Shop[], reported: readonly string[]): Promise<string[][]> {
  const door = await aRegistry({ db: registry.db, storage: registry.storage, now: () => NOW })
  const downloads = reported.map((each) => {
    const [name, version] = each.split(' ')
    return { name, version: `${version}.0` }
  })
  for (const { keys } of shops) {
    const headers = { authorization: basic(keys) }
    await door.app.inject({ method: 'POST', url: '/composer/downloads', payload: { downloads }, headers })
  }
  // closing writes the downloads that still wait
  await door.close()
  return Promise.all(shops.map((shop) => countedFor(registry, shop)))
}

async function countedFor(registry: Registry, { keys }: Shop): Promise<string[]> {
  const rows = await registry.db
    .selectFrom('downloads as d')
    .innerJoin('versions as v', 'v.id', 'd.version_id')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['p.name', 'v.label'])
    .where('d.token_id', '=', keys.id)
    .orderBy('p.name')
    .orderBy('v.label')
    .execute()
  return rows.map(({ name, label }) => `${name} ${label}`)
}

describe('counting downloads', () => {
  test('a download counts only for a project that may install the package, even when other projects report it at the same time', async ({
    registry,
  }) => {
    const search = await registry.aShop({ package: 'northwind/module-search' })
    const hello = await registry.aShop({ package: 'northwind/module-hello' })
    const none = await registry.aShop()

    const reported = ['northwind/module-search 1.1.0', 'northwind/module-hello 1.0.0']
    const [ofSearch, ofHello, ofNone] = await counted(registry, [search, hello, none], reported)

    expect(ofSearch).toEqual(['northwind/module-search 1.1.0'])
    expect(ofHello).toEqual(['northwind/module-hello 1.0.0'])
    expect(ofNone).toEqual([])
  })

  test('a download counts only when the version was released inside the update window', async ({
    registry,
  }) => {
    const versions = await registry.db
      .selectFrom('versions')
      .select(['label', 'released_at'])
      .where('package_id', '=', registry.market.package('northwind/module-stock'))
      .orderBy('released_at')
      .execute()
    const [first, last] = [versions[0], versions.at(-1)]
    const validUntil = first?.released_at ?? NOW
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil })

    const reported = versions.map(({ label }) => `northwind/module-stock ${label}`)
    const [ofShop] = await counted(registry, [shop], reported)

    expect(last?.released_at.getTime()).toBeGreaterThan(validUntil.getTime())
    expect(ofShop).toEqual([`northwind/module-stock ${first?.label}`])
  })
})

describe('downloads that wait to be written', () => {
  const MINUTE_MS = 60_000
  const someDownloads = ({ keys }: Shop, n: number): Download[] =>
    Array.from({ length: n }, (_, minute) => ({
      token: keys.id,
      package: 'northwind/module-search',
      version: '1.1.0.0',
      at: new Date(NOW.getTime() + minute * MINUTE_MS),
      ip: '192.0.2.1',
      userAgent: 'x'.repeat(400),
    }))
  const rowsOf = (registry: Registry, { keys }: Shop) =>
    registry.db
      .selectFrom('downloads')
      .selectAll()
      .where('token_id', '=', keys.id)
      .orderBy('minute')
      .execute()

  /** Stops only the timer of the queue; the database goes on. */
  function stopTimers() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
  }

  test('downloads are written a second later, with the IP address and the user agent', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const queue = downloadQueue({ db: registry.db, log: openLogger({ level: 'silent' }) })
    stopTimers()
    queue.add(someDownloads(shop, 1))
    vi.advanceTimersByTime(999)
    expect(await rowsOf(registry, shop)).toEqual([])
    vi.advanceTimersByTime(1)
    await expect.poll(() => rowsOf(registry, shop), { timeout: 10_000 }).toHaveLength(1)
    expect(await rowsOf(registry, shop)).toMatchObject([
      { ip: '192.0.2.1', user_agent: 'x'.repeat(300), minute: NOW },
    ])
  })

  test('500 waiting downloads are written at once, and a repeated download counts once', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const queue = downloadQueue({ db: registry.db, log: openLogger({ level: 'silent' }) })
    stopTimers()
    queue.add(someDownloads(shop, 500))
    await expect.poll(() => rowsOf(registry, shop), { timeout: 10_000 }).toHaveLength(500)
    queue.add(someDownloads(shop, 1))
    await queue.flush()
    expect(await rowsOf(registry, shop)).toHaveLength(500)
  })

  test('waiting downloads beyond 10,000 are dropped while the database is slow', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const queue = downloadQueue({ db: registry.db, log: openLogger({ level: 'silent' }) })
    const many = someDownloads(shop, 12_000)
    await inTransaction(registry.db, async (tx) => {
      await tx.executeQuery(sql`lock table downloads in exclusive mode`.compile(tx))
      for (let from = 0; from < many.length; from += 400) queue.add(many.slice(from, from + 400))
    })
    await queue.flush()
    expect(await rowsOf(registry, shop)).toHaveLength(10_000)
    queue.add(many.slice(-1))
    await queue.flush()
    expect(await rowsOf(registry, shop)).toHaveLength(10_001)
  }, 60_000)

  test('a download without a readable IP address is counted without the address', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const [known] = someDownloads(shop, 1)
    if (!known) throw new Error('no download was made')
    await recordDownloads(registry.db, [{ ...known, ip: undefined }])
    expect(await rowsOf(registry, shop)).toMatchObject([{ ip: null }])
  })

  test('a batch of downloads that cannot be written does not stop the next batch', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const queue = downloadQueue({ db: registry.db, log: openLogger({ level: 'silent' }) })
    const many = someDownloads(shop, 700)
    const odd = many.slice(0, 1).map((each) => ({ ...each, ip: 'nowhere' }))
    queue.add([...odd, ...many.slice(1)])
    await queue.flush()
    expect(await rowsOf(registry, shop)).toHaveLength(200)
  })

  test('the log says how many downloads could not be written', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const lines: string[] = []
    const log = openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
    const gone = openDatabase('postgres://nobody@127.0.0.1:1/nothing')
    const queue = downloadQueue({ db: gone.db, log })
    queue.add(someDownloads(shop, 3))
    await queue.flush()
    expect(lines.join()).toContain('downloads were not counted')
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({ downloads: 3 })
    await gone.close()
  })

  test('downloads of an unknown package, version or token are dropped', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const [known] = someDownloads(shop, 1)
    if (!known) throw new Error('no download was made')
    await recordDownloads(registry.db, [
      { ...known, package: 'a/b' },
      { ...known, version: '9.9.9.9' },
      { ...known, token: 'ptk_00000000000000000000000000' },
    ])
    expect(await rowsOf(registry, shop)).toEqual([])
  })
})
