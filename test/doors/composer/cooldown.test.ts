import { describe, expect, onTestFinished } from 'vitest'
import { fileAdvisory, publishVersion } from '#domain/publishing'
import { mintId } from '#kernel/ids'
import { listeningMemory } from '../../../src/api/memory.ts'
import { aRegistry } from '../../support/composer.ts'
import {
  registryTest,
  type Registry,
  HOST,
  type P2,
  type Shop,
  versionsIn,
} from '../../support/a-registry.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const NAME = 'northwind/suite'
const DAY_MS = 24 * 60 * 60 * 1000
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS)

const test = registryTest(NOW)

/** Publishes a metapackage version that was released so many days ago. */
async function release({ db, market }: Registry, tag: string, days: number) {
  await publishVersion(db, {
    id: mintId('ver', NOW, Math.random),
    packageId: market.package(NAME),
    tag,
    commitSha: 'c'.repeat(40),
    treeSha: 'd'.repeat(40),
    // a vendor can set it as they like, so it must not count
    committedAt: daysAgo(400),
    releasedAt: daysAgo(days),
    manifest: { name: NAME, type: 'metapackage', require: {} },
  })
}

/** A shop of a project with this cooldown, in days. */
async function aShopWith(registry: Registry, days: number): Promise<Shop> {
  const shop = await registry.aShop({ package: NAME, validUntil: new Date('2099-01-01') })
  await registry.db.updateTable('projects').set({ cooldown_days: days }).where('id', '=', shop.id).execute()
  return shop
}

const advise = ({ db, market }: Registry, affectedVersions: string) =>
  fileAdvisory(db, {
    by: { operator: market.person('operator') },
    package: NAME,
    affectedVersions,
    title: 'A page may run scripts',
    severity: 'high',
    at: NOW,
  })
/** The tags that a project is offered, of those in the test. */
const offered = async (shop: Shop, like: string) =>
  versionsIn(await shop.p2(NAME)).filter((tag) => String(tag).startsWith(like))

describe('the cooldown of a project', () => {
  test('a project without a cooldown is offered every version at once', async ({ registry }) => {
    await release(registry, 'v20.0.0', 0)
    const shop = await aShopWith(registry, 0)
    expect(await offered(shop, 'v20')).toEqual(['v20.0.0'])
    expect((await shop.p2(NAME)).json<P2>()).not.toHaveProperty('infos')
  })

  test('a version is held back until it is old enough, and the answer says until when and where to change it', async ({
    registry,
  }) => {
    await release(registry, 'v21.0.0', 7)
    await release(registry, 'v21.0.1', 6.9)
    await release(registry, 'v21.0.2', 1)
    const shop = await aShopWith(registry, 7)

    const answer = await shop.p2(NAME)

    expect(await offered(shop, 'v21')).toEqual(['v21.0.0'])
    expect(answer.json<P2>().infos).toEqual([
      {
        versions: '*',
        message: `${NAME} v21.0.2 is held back by this project's cooldown until 2026-11-29 10:00 UTC. Change it: ${HOST}/account/projects/${shop.id}`,
      },
    ])
  })

  test('when a version becomes old enough, the client gets it, although nothing else has changed', async ({
    registry,
  }) => {
    await release(registry, 'v22.0.0', 2)
    const shop = await aShopWith(registry, 3)
    const { 'last-modified': validator } = (await shop.p2(NAME)).headers
    const again = () => shop.ofProject(`p2/${NAME}.json`, { 'if-modified-since': String(validator) })
    expect((await again()).statusCode).toBe(304)

    registry.setClock(new Date(daysAgo(2).getTime() + 3 * DAY_MS))

    expect((await again()).statusCode).toBe(200)
    expect(await offered(shop, 'v22')).toEqual(['v22.0.0'])
  })

  test('the memory of a process delays the end of a wait by at most ten seconds', async ({ registry }) => {
    let clock = NOW
    const now = () => clock
    await release(registry, 'v23.0.0', 2)
    const shop = await aShopWith(registry, 3)
    const { memory, stop } = listeningMemory(registry.url, { now })
    const door = await aRegistry({ db: registry.db, storage: registry.storage, memory, now, publicUrl: HOST })
    onTestFinished(async () => {
      await stop()
      await door.close()
    })
    const tags = async () => versionsIn(await door.get(`/r/${shop.id}/p2/${NAME}.json`, shop.keys))
    expect(await tags()).not.toContain('v23.0.0')
    clock = new Date(NOW.getTime() + DAY_MS + 10_000)
    expect(await tags()).toContain('v23.0.0')
  })

  test('a locked version that is held back still installs', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    await registry.db.updateTable('projects').set({ cooldown_days: 90 }).where('id', '=', shop.id).execute()
    registry.setClock(new Date('2026-05-05T00:00:00Z'))
    expect(versionsIn(await shop.p2('northwind/module-search'))).not.toContain('v1.1.0')
    expect((await shop.get(await registry.distOf('northwind/module-search', '1.1.0'))).statusCode).toBe(200)
  })

  test('a version that fixes an advisory does not wait, and the one after it does', async ({ registry }) => {
    await release(registry, 'v24.0.0', 300)
    await release(registry, 'v24.0.1', 2)
    await release(registry, 'v24.0.2', 1)
    const shop = await aShopWith(registry, 7)
    expect(await offered(shop, 'v24')).toEqual(['v24.0.0'])

    await advise(registry, '>=24.0,<24.0.1')

    expect(await offered(shop, 'v24')).toEqual(['v24.0.1', 'v24.0.0'])
    expect((await shop.p2(NAME)).json<P2>().infos?.[0]?.message).toContain('v24.0.2 is held back')
  })

  test('a fix is offered although a beta of it is newer than the affected version', async ({ registry }) => {
    await release(registry, 'v25.0.0', 300)
    await release(registry, 'v25.0.1-beta1', 2)
    await release(registry, 'v25.0.1', 1)
    await advise(registry, '>=25.0,<25.0.1-beta1')
    expect(await offered(await aShopWith(registry, 7), 'v25')).toEqual([
      'v25.0.1',
      'v25.0.1-beta1',
      'v25.0.0',
    ])
  })

  test('a fix that was withdrawn leaves its exemption to the next version', async ({ registry }) => {
    await release(registry, 'v26.0.0', 300)
    await release(registry, 'v26.0.1', 2)
    await release(registry, 'v26.0.2', 1)
    await advise(registry, '26.0.0')
    await registry.db
      .updateTable('versions')
      .set({ status: 'withdrawn' })
      .where('package_id', '=', registry.market.package(NAME))
      .where('tag', '=', 'v26.0.1')
      .execute()
    expect(await offered(await aShopWith(registry, 7), 'v26')).toEqual(['v26.0.2', 'v26.0.0'])
  })

  test('a version that fixes one advisory and brings another one waits', async ({ registry }) => {
    await release(registry, 'v27.0.0', 300)
    await release(registry, 'v27.0.1', 1)
    await advise(registry, '27.0.0')
    await advise(registry, '27.0.1')
    expect(await offered(await aShopWith(registry, 7), 'v27')).toEqual(['v27.0.0'])
  })
})
