import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { activateLicence, deactivateLicence } from '#domain/licensing'
import { archiveProject, revokeToken, rotateToken } from '#domain/projects'
import { blockVersion, publishVersion } from '#domain/publishing'
import type { Db } from '#platform/database'
import { listeningMemory } from '../../../src/api/composer/memory.ts'
import { aRegistryWithMarket, HOST } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>
const ofProject = ({ id }: Shop) => [`/r/${id}/packages.json`, `/r/${id}/p2/${SEARCH}.json`]

/** A process with a memory; its clock stands still, so that nothing is forgotten with time unless a test says so. */
async function aProcess({ againAfterMs = 20 } = {}) {
  let clock = NOW
  const now = () => clock
  const { memory, stop } = listeningMemory(at.url, { now, againAfterMs })
  const door = await aRegistry({ db: at.db, storage: at.storage, memory, now, publicUrl: HOST })
  onTestFinished(async () => {
    await stop()
    await door.close()
  })
  const statuses = (shop: Shop, urls = ofProject(shop)) =>
    Promise.all(urls.map(async (url) => (await door.get(url, shop.keys)).statusCode))
  const asked = { ...door, statuses, setClock: (to: Date) => (clock = to) }
  await remembering(asked)
  return asked
}

/** Waits until a change that nobody is told of is not seen. */
async function remembering({ statuses }: { statuses: (of: Shop) => Promise<number[]> }): Promise<void> {
  const shop = await at.aShop({ package: SEARCH })
  const isStale = async () => {
    await unheard((tx) => suspend(tx, shop, 'active'))
    await statuses(shop)
    await unheard((tx) => suspend(tx, shop, 'suspended'))
    return statuses(shop)
  }
  await expect.poll(isStale, { timeout: 10_000, interval: 20 }).toEqual([200, 200])
}

/** As if its notice had got lost: without the triggers. */
const unheard = (change: (tx: Db) => Promise<unknown>) =>
  at.db.transaction().execute(async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await change(tx)
  })

const suspend = (tx: Db, shop: Shop, status: 'active' | 'suspended') =>
  tx
    .updateTable('licences')
    .set({ status })
    .where('id', '=', shop.held[0]?.id ?? 'lic_')
    .execute()
const revoke = (tx: Db, { keys }: Shop) =>
  tx.updateTable('project_tokens').set({ revoked_at: NOW }).where('id', '=', keys.id).execute()
const buyer = async () => ({
  caller: at.market.caller('buyer'),
  org: await at.market.access('buyer', 'acme-retail'),
  at: NOW,
})
const cutEars = () =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'listen registry' and datname = current_database()`.execute(at.db)

describe('what a process remembers', () => {
  test('is metadata for ten seconds; a zip, downloads and advisories ask the database each time', async () => {
    const process = await aProcess()
    const shop = await at.aShop({ package: SEARCH })
    const zip = await at.distOf(SEARCH, '1.1.0')
    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 200])

    await unheard((tx) => revoke(tx, shop))

    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 401])
    for (const url of ['/composer/downloads', '/composer/advisories']) {
      const headers = { authorization: basic(shop.keys) }
      expect((await process.app.inject({ method: 'POST', url, headers, payload: '{}' })).statusCode).toBe(401)
    }
    process.setClock(new Date(NOW.getTime() + 10_000))
    expect(await process.statuses(shop)).toEqual([401, 401])
  })

  test('of a licence that is gone opens no zip', async () => {
    const process = await aProcess()
    const shop = await at.aShop({ package: SEARCH })
    const zip = await at.distOf(SEARCH, '1.1.0')
    await process.statuses(shop, [...ofProject(shop), zip])
    await unheard((tx) => suspend(tx, shop, 'suspended'))
    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 402])
  })

  test('is of one project and one pair of keys: a wrong key and a foreign one find it closed', async () => {
    const process = await aProcess()
    const [shop, other] = [await at.aShop({ package: SEARCH }), await at.aShop()]
    await process.statuses(shop)
    const wrong = { ...shop.keys, privateKey: other.keys.privateKey }
    const url = `/r/${shop.id}/p2/${SEARCH}.json`
    expect((await process.get(url, wrong)).statusCode).toBe(401)
    expect((await process.get(url, other.keys)).statusCode).toBe(403)
    expect(await process.statuses(other)).toEqual([200, 402])
  })

  test('of a token ends with its time, to the millisecond', async () => {
    const process = await aProcess()
    const shop = await at.aShop({ package: SEARCH })
    const ends = new Date(NOW.getTime() + 500)
    const token = at.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ expires_at: ends }).execute()
    process.setClock(new Date(ends.getTime() - 1))
    await expect.poll(() => process.statuses(shop)).toEqual([200, 200])
    process.setClock(ends)
    expect(await process.statuses(shop)).toEqual([401, 401])
  })

  test('is forgotten by every process within a second of a change', async () => {
    const processes = [await aProcess(), await aProcess()]
    const shop = await at.aShop({ package: SEARCH })
    const both = () => Promise.all(processes.map(({ statuses }) => statuses(shop)))
    const same = (statuses: number[]) => [statuses, statuses]
    const soon = async (statuses: number[]) => {
      await expect.poll(both, { timeout: 1_000 }).toEqual(same(statuses))
    }
    await soon([200, 200])
    const lending = { ...(await buyer()), licence: shop.held[0]?.id ?? '', project: shop.id }
    await deactivateLicence(at.db, lending)
    await soon([200, 402])
    await activateLicence(at.db, lending)
    await soon([200, 200])
    await revokeToken(at.db, { ...(await buyer()), token: shop.keys.id })
    await soon([401, 401])
  })
})

describe('a process that cannot hear', () => {
  test('forgets at once and asks each time, until it hears again', async () => {
    const process = await aProcess({ againAfterMs: 300 })
    const shop = await at.aShop({ package: SEARCH })
    await process.statuses(shop)
    await cutEars()
    await unheard((tx) => suspend(tx, shop, 'suspended'))
    // sooner than it could hear again, and the clock stands still
    await expect.poll(() => process.statuses(shop), { timeout: 5_000, interval: 5 }).toEqual([200, 402])
    await unheard((tx) => suspend(tx, shop, 'active'))
    await remembering(process)
    expect(await process.statuses(shop)).toEqual([200, 200])
  })

  test('from its first moment remembers nothing', async () => {
    const { memory, stop } = listeningMemory('postgres://nobody@127.0.0.1:1/nothing', { now: () => NOW })
    let loads = 0
    const ask = () => memory.recall('a', async () => ++loads)
    expect([await ask(), await ask()]).toEqual([1, 2])
    await stop()
  })
})

describe('each change of what the registry tells is heard', () => {
  const lending = async (shop: Shop) => ({
    ...(await buyer()),
    licence: shop.held[0]?.id ?? '',
    project: shop.id,
  })
  const hash = 'c'.repeat(40)
  const changes: Record<string, (shop: Shop) => Promise<unknown>> = {
    'a token is revoked': async (shop) => revokeToken(at.db, { ...(await buyer()), token: shop.keys.id }),
    'a token is rotated': async (shop) =>
      rotateToken(at.db, {
        ...(await buyer()),
        input: { token: shop.keys.id },
        key: undefined,
        publicUrl: HOST,
        seal: () => ({ keyId: 'a test', sealed: Buffer.from('sealed') }),
      }),
    'a project is archived': (shop) => archiveProject(at.db, shop.id, NOW),
    'a licence is suspended': (shop) => suspend(at.db, shop, 'suspended'),
    'a licence is taken back': async (shop) => deactivateLicence(at.db, await lending(shop)),
    'a version is published': () =>
      publishVersion(at.db, {
        treeSha: hash,
        commitSha: hash,
        committedAt: NOW,
        releasedAt: NOW,
        id: mintId('ver', NOW, Math.random),
        packageId: at.market.package('northwind/suite'),
        tag: 'v7.0.0',
        manifest: { name: 'northwind/suite', type: 'metapackage' },
      }),
    'a version is blocked': () =>
      blockVersion(at.db, {
        operator: at.market.person('operator'),
        package: 'northwind/theme-plain',
        version: '1.0.0',
        reason: 'steals',
      }),
    'a package is withdrawn': () =>
      at.db.updateTable('packages').set({ withdrawn_at: NOW }).where('name', '=', 'a/b').execute(),
    'a vendor is suspended': () =>
      at.db.updateTable('vendors').set({ suspended_at: NOW }).where('slug', '=', 'contoso').execute(),
    'coverage is rebuilt': () =>
      at.db
        .deleteFrom('package_coverage')
        .where('parent_id', '=', 'pkg_00000000000000000000000000')
        .execute(),
  }

  let client: pg.Client
  const heard: string[] = []
  beforeAll(async () => {
    client = new pg.Client({ connectionString: at.url })
    client.on('notification', ({ payload = '' }) => heard.push(payload))
    await client.connect()
    await client.query('listen registry')
  })
  afterAll(() => client.end())

  /** Notices come in the order of their commits, so that two of our own hold those of a change between them. */
  async function noticesOf(change: () => Promise<unknown>): Promise<string[]> {
    const [before, after] = [randomUUID(), randomUUID()]
    await client.query(`select pg_notify('registry', $1)`, [before])
    await change()
    await client.query(`select pg_notify('registry', $1)`, [after])
    await expect.poll(() => heard).toContain(after)
    return heard.slice(heard.indexOf(before) + 1, heard.indexOf(after))
  }

  test.each(Object.keys(changes))('%s', async (what) => {
    const shop = await at.aShop({ package: SEARCH })
    expect(await noticesOf(async () => changes[what]?.(shop))).toContain('')
  })

  test('and that a token was used is not: everybody would forget all the time', async () => {
    const shop = await at.aShop({ package: SEARCH })
    expect(await noticesOf(() => shop.ofProject('packages.json'))).toEqual([])
  })
})
