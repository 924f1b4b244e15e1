import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import pg from 'pg'
import { describe, expect, vi } from 'vitest'
import { mintId } from '#kernel/ids'
import { setPrice } from '#domain/catalogue'
import { deactivateLicence } from '#domain/licensing'
import { archiveProject, revokeToken, rotateToken } from '#domain/projects'
import { blockVersion, publishVersion } from '#domain/publishing'
import { HOST, type Registry, registryTest, type Shop } from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

const test = registryTest(NOW).extend(
  'notificationsOf',
  { scope: 'file' },
  async ({ registry }, { onCleanup }) => {
    const client = new pg.Client({ connectionString: registry.url })
    const notifications: string[] = []
    client.on('notification', ({ payload = '' }) => notifications.push(payload))
    await client.connect()
    onCleanup(() => client.end())
    await client.query('listen registry')

    /** The notifications of one change. They arrive in commit order, so that two of our own can mark start and end. */
    return async function (change: () => Promise<unknown>): Promise<string[]> {
      const [before, after] = [randomUUID(), randomUUID()]
      await client.query(`select pg_notify('registry', $1)`, [before])
      await change()
      await client.query(`select pg_notify('registry', $1)`, [after])
      await vi.waitUntil(() => notifications.includes(after))
      return notifications.slice(notifications.indexOf(before) + 1, notifications.indexOf(after))
    }
  },
)

const by = async ({ market }: Registry) => ({
  caller: market.caller('buyer'),
  org: await market.access('buyer', 'acme-retail'),
  at: NOW,
})

const hash = 'c'.repeat(40)

const CHANGES: Record<string, (registry: Registry, shop: Shop) => Promise<unknown>> = {
  'a token is revoked': async (registry, { keys }) =>
    revokeToken(registry.db, { ...(await by(registry)), token: keys.id }),
  'a token is rotated': async (registry, { keys }) =>
    rotateToken(registry.db, {
      ...(await by(registry)),
      input: { token: keys.id },
      key: undefined,
      publicUrl: HOST,
      seal: () => ({ keyId: 'a test', sealed: Buffer.from('sealed') }),
    }),
  'an org is deleted': ({ db, market }) =>
    db.updateTable('orgs').set({ deleted_at: NOW }).where('id', '=', market.org('globex')).execute(),
  'a project is archived': ({ db }, { id }) => archiveProject(db, id, NOW),
  'a licence is deactivated': async (registry, { id, licences }) =>
    deactivateLicence(registry.db, {
      ...(await by(registry)),
      licence: licences[0]?.id ?? '',
      project: id,
    }),
  'a version is published': ({ db, market }) =>
    publishVersion(db, {
      treeSha: hash,
      commitSha: hash,
      committedAt: NOW,
      releasedAt: NOW,
      id: mintId('ver', NOW, Math.random),
      packageId: market.package('northwind/suite'),
      tag: 'v7.0.0',
      manifest: { name: 'northwind/suite', type: 'metapackage' },
    }),
  'a version is blocked': ({ db, market }) =>
    blockVersion(db, {
      operator: market.person('operator'),
      package: 'northwind/theme-plain',
      version: '1.0.0',
      reason: 'steals',
    }),
  'a price is set': ({ db, market }) =>
    setPrice(db, {
      packageId: market.package(SEARCH),
      edition: 'open-source',
      model: 'one_time',
      amountMinor: 12_300,
      currency: 'EUR',
      at: NOW,
    }),
}

describe('notifications for the registry', () => {
  test.for(Object.keys(CHANGES))(
    'the registry is notified when %s',
    async (what, { registry, notificationsOf }) => {
      const shop = await registry.aShop({ package: SEARCH })

      expect(await notificationsOf(async () => CHANGES[what]?.(registry, shop))).toContain('')
    },
  )

  test('the registry is not notified when a token is used, because every process would forget all the time', async ({
    registry,
    notificationsOf,
  }) => {
    const shop = await registry.aShop({ package: SEARCH })

    expect(await notificationsOf(() => shop.ofProject('packages.json'))).toEqual([])
  })

  /** The tables that the registry remembers, each with a column. */
  const TABLES = {
    projects: 'archived_at',
    licences: 'status',
    activations: 'deactivated_at',
    vendors: 'suspended_at',
    packages: 'withdrawn_at',
    versions: 'status',
    package_coverage: 'since',
    project_tokens: 'revoked_at',
  }

  // the triggers fire per statement, even without a row
  test.for(
    Object.entries(TABLES).flatMap(([table, column]) => [
      `update ${table} set ${column} = ${column} where false`,
      `insert into ${table} (${column}) select ${column} from ${table} where false`,
      `delete from ${table} where false`,
    ]),
  )('the registry is notified of: %s', async (statement, { registry, notificationsOf }) => {
    expect(await notificationsOf(() => sql.raw(statement).execute(registry.db))).toEqual([''])
  })

  test.for([
    ['project_id', true],
    ['public_key', true],
    ['private_key_hash', true],
    ['expires_at', true],
    ['revoked_at', true],
    ['last_used_at', false],
    ['label', false],
  ] as const)(
    'the registry is notified of a change of the column %s of a token: %s',
    async ([column, isNotified], { registry, notificationsOf }) => {
      const statement = `update project_tokens set ${column} = ${column} where false`

      expect(await notificationsOf(() => sql.raw(statement).execute(registry.db))).toEqual(
        isNotified ? [''] : [],
      )
    },
  )
})
