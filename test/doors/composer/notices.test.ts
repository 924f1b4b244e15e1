import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId } from '#kernel/ids'
import { setPrice } from '#domain/catalogue'
import { deactivateLicence } from '#domain/licensing'
import { archiveProject, revokeToken, rotateToken } from '#domain/projects'
import { blockVersion, publishVersion } from '#domain/publishing'
import { aRegistryWithMarket, HOST } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Shop = Awaited<ReturnType<typeof at.aShop>>
const buyer = async () => ({
  caller: at.market.caller('buyer'),
  org: await at.market.access('buyer', 'acme-retail'),
  at: NOW,
})

describe('notifications for the registry', () => {
  const assignment = async (shop: Shop) => ({
    ...(await buyer()),
    licence: shop.licences[0]?.id ?? '',
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
    'a licence is suspended': (shop) =>
      at.db
        .updateTable('licences')
        .set({ status: 'suspended' })
        .where('id', '=', shop.licences[0]?.id ?? 'lic_')
        .execute(),
    'a licence is deactivated': async (shop) => deactivateLicence(at.db, await assignment(shop)),
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
    'a price is set': () =>
      setPrice(at.db, {
        packageId: at.market.package('northwind/module-search'),
        edition: 'open-source',
        model: 'one_time',
        amountMinor: 12_300,
        currency: 'EUR',
        at: NOW,
      }),
    'a vendor is suspended': () =>
      at.db.updateTable('vendors').set({ suspended_at: NOW }).where('slug', '=', 'contoso').execute(),
    'coverage is rebuilt': () =>
      at.db
        .deleteFrom('package_coverage')
        .where('parent_id', '=', 'pkg_00000000000000000000000000')
        .execute(),
  }

  let client: pg.Client
  const notifications: string[] = []
  beforeAll(async () => {
    client = new pg.Client({ connectionString: at.url })
    client.on('notification', ({ payload = '' }) => notifications.push(payload))
    await client.connect()
    await client.query('listen registry')
  })
  afterAll(() => client.end())

  /** The notifications of one change. They arrive in commit order, so that two of our own can mark start and end. */
  async function notificationsOf(change: () => Promise<unknown>): Promise<string[]> {
    const [before, after] = [randomUUID(), randomUUID()]
    await client.query(`select pg_notify('registry', $1)`, [before])
    await change()
    await client.query(`select pg_notify('registry', $1)`, [after])
    await expect.poll(() => notifications).toContain(after)
    return notifications.slice(notifications.indexOf(before) + 1, notifications.indexOf(after))
  }

  test.each(Object.keys(changes))('the registry is notified when %s', async (what) => {
    const shop = await at.aShop({ package: SEARCH })
    expect(await notificationsOf(async () => changes[what]?.(shop))).toContain('')
  })

  test('the registry is not notified when a token is used, because every process would forget all the time', async () => {
    const shop = await at.aShop({ package: SEARCH })
    expect(await notificationsOf(() => shop.ofProject('packages.json'))).toEqual([])
  })
})
