import { sql } from 'kysely'
import { describe, expect, onTestFinished } from 'vitest'
import { activateLicence, deactivateLicence } from '#domain/licensing'
import { revokeToken } from '#domain/projects'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { listeningMemory } from '../../../src/api/memory.ts'
import { registryTest, type Registry, type Shop, HOST } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

const test = registryTest(NOW)

const ofProject = ({ id }: Shop) => [`/r/${id}/packages.json`, `/r/${id}/p2/${SEARCH}.json`]

/**
 * A process with a memory. Its clock stands still, so that nothing expires unless a test moves the clock. Notifications
 * from before its start do not reach it.
 */
async function aProcess(registry: Registry, { againAfterMs = 20 } = {}) {
  let clock = NOW
  const now = () => clock
  const probe = await registry.aShop({ package: SEARCH })
  const { memory, stop } = listeningMemory(registry.url, { now, againAfterMs })
  const door = await aRegistry({ db: registry.db, storage: registry.storage, memory, now, publicUrl: HOST })
  onTestFinished(async () => {
    await stop()
    await door.close()
  })
  const statuses = (shop: Shop, urls = ofProject(shop)) =>
    Promise.all(urls.map(async (url) => (await door.get(url, shop.keys)).statusCode))
  /** Returns true when a change without notification is not seen. */
  async function isRemembering(): Promise<boolean> {
    await withoutNotification(registry, (tx) => suspend(tx, probe, 'active'))
    const before = await statuses(probe)
    await withoutNotification(registry, (tx) => suspend(tx, probe, 'suspended'))
    return String(before) === String(await statuses(probe))
  }
  await expect.poll(isRemembering, { timeout: 10_000 }).toBe(true)
  return { ...door, statuses, isRemembering, setClock: (to: Date) => (clock = to) }
}

/** Makes a change without the triggers, as if its notification had been lost. */
const withoutNotification = (registry: Registry, change: (tx: Db) => Promise<unknown>) =>
  inTransaction(registry.db, async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await change(tx)
  })

const suspend = (tx: Db, shop: Shop, status: 'active' | 'suspended') =>
  tx
    .updateTable('licences')
    .set({ status })
    .where('id', '=', shop.licences[0]?.id ?? 'lic_')
    .execute()
const revoke = (tx: Db, { keys }: Shop) =>
  tx.updateTable('project_tokens').set({ revoked_at: NOW }).where('id', '=', keys.id).execute()
const buyer = async (registry: Registry) => ({
  caller: registry.market.caller('buyer'),
  org: await registry.market.access('buyer', 'acme-retail'),
  at: NOW,
})
const disconnectListeners = (registry: Registry) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'listen registry' and datname = current_database()`.execute(registry.db)

describe('the memory of a process', () => {
  test('a process remembers metadata for ten seconds, and reads the database for each zip, download and advisory', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: SEARCH })
    const zip = await registry.distOf(SEARCH, '1.1.0')
    const process = await aProcess(registry)
    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 200])

    await withoutNotification(registry, (tx) => revoke(tx, shop))

    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 401])
    for (const url of ['/composer/downloads', '/composer/advisories']) {
      const headers = { authorization: basic(shop.keys) }
      expect((await process.app.inject({ method: 'POST', url, headers, payload: '{}' })).statusCode).toBe(401)
    }
    process.setClock(new Date(NOW.getTime() + 10_000))
    expect(await process.statuses(shop)).toEqual([401, 401])
  })

  test('a remembered licence that is suspended meanwhile opens no zip', async ({ registry }) => {
    const shop = await registry.aShop({ package: SEARCH })
    const zip = await registry.distOf(SEARCH, '1.1.0')
    const process = await aProcess(registry)
    await process.statuses(shop, [...ofProject(shop), zip])
    await withoutNotification(registry, (tx) => suspend(tx, shop, 'suspended'))
    expect(await process.statuses(shop, [...ofProject(shop), zip])).toEqual([200, 200, 402])
  })

  test('remembered metadata is served only to the keys of its project', async ({ registry }) => {
    const [shop, other] = [await registry.aShop({ package: SEARCH }), await registry.aShop()]
    const process = await aProcess(registry)
    await process.statuses(shop)
    const wrong = { ...shop.keys, privateKey: other.keys.privateKey }
    const url = `/r/${shop.id}/p2/${SEARCH}.json`
    expect((await process.get(url, wrong)).statusCode).toBe(401)
    expect((await process.get(url, other.keys)).statusCode).toBe(403)
    expect(await process.statuses(other)).toEqual([200, 402])
  })

  test('a remembered token ends at its expiry, to the millisecond', async ({ registry }) => {
    const process = await aProcess(registry)
    const shop = await registry.aShop({ package: SEARCH })
    const ends = new Date(NOW.getTime() + 500)
    const token = registry.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ expires_at: ends }).execute()
    process.setClock(new Date(ends.getTime() - 1))
    await expect.poll(() => process.statuses(shop)).toEqual([200, 200])
    process.setClock(ends)
    expect(await process.statuses(shop)).toEqual([401, 401])
  })

  test('a token whose expiry is changed ends in every process that remembers it', async ({ registry }) => {
    // before the process listens: a late notification of the shop would empty the memory at any time
    const shop = await registry.aShop({ package: SEARCH })
    const process = await aProcess(registry)
    const expire = (tx: Db) =>
      tx.updateTable('project_tokens').set({ expires_at: NOW }).where('id', '=', shop.keys.id).execute()
    expect(await process.statuses(shop)).toEqual([200, 200])
    await withoutNotification(registry, expire)
    expect(await process.statuses(shop)).toEqual([200, 200])

    await expire(registry.db)

    await expect.poll(() => process.statuses(shop), { timeout: 10_000 }).toEqual([401, 401])
  })

  test('every process serves a change within a moment', async ({ registry }) => {
    const processes = [await aProcess(registry), await aProcess(registry)]
    const shop = await registry.aShop({ package: SEARCH })
    const both = () => Promise.all(processes.map(({ statuses }) => statuses(shop)))
    const same = (statuses: number[]) => [statuses, statuses]
    const soon = async (statuses: number[]) => {
      await expect.poll(both, { timeout: 10_000 }).toEqual(same(statuses))
    }
    await soon([200, 200])
    const assignment = { ...(await buyer(registry)), licence: shop.licences[0]?.id ?? '', project: shop.id }
    await deactivateLicence(registry.db, assignment)
    await soon([200, 402])
    await activateLicence(registry.db, assignment)
    await soon([200, 200])
    await revokeToken(registry.db, { ...(await buyer(registry)), token: shop.keys.id })
    await soon([401, 401])
  })
})

describe('a process whose listener is disconnected', () => {
  test('a process without its listener forgets everything at once and reads the database each time', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: SEARCH })
    const process = await aProcess(registry, { againAfterMs: 60_000 })
    await process.statuses(shop)
    await disconnectListeners(registry)
    await withoutNotification(registry, (tx) => suspend(tx, shop, 'suspended'))
    await expect.poll(() => process.statuses(shop), { timeout: 5_000 }).toEqual([200, 402])
    await withoutNotification(registry, (tx) => suspend(tx, shop, 'active'))
    expect(await process.statuses(shop)).toEqual([200, 200])
  })

  test('a process remembers again when its listener is connected again', async ({ registry }) => {
    const process = await aProcess(registry)
    await disconnectListeners(registry)
    await expect.poll(process.isRemembering, { timeout: 10_000 }).toBe(true)
  })

  test('a process whose listener never connected remembers nothing', async () => {
    const { memory, stop } = listeningMemory('postgres://nobody@127.0.0.1:1/nothing', { now: () => NOW })
    let loads = 0
    const ask = () => memory.recall('a', async () => ++loads)
    expect([await ask(), await ask()]).toEqual([1, 2])
    await stop()
  })
})
