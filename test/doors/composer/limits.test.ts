import { describe, expect, onTestFinished } from 'vitest'
import { registryTest, type Registry, statusAndWarning } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'
import { openMemory } from '../../../src/api/memory.ts'

const NOW = new Date('2026-11-23T10:00:10Z')
const NEXT_MINUTE = new Date('2026-11-23T10:01:10Z')
const LONG = 60_000

const test = registryTest(NOW)

type Keys = Parameters<typeof basic>[0]
const wrong = ({ publicKey }: Keys): Keys => ({ publicKey, privateKey: 'psk_wrong' })

async function statusesOf(times: number, ask: () => Promise<{ statusCode: number }>): Promise<number[]> {
  const statuses = new Set<number>()
  // not all at once: the limit is checked before a response is counted
  for (let left = times; left > 0; left -= 50)
    for (const { statusCode } of await Promise.all(Array.from({ length: Math.min(left, 50) }, ask)))
      statuses.add(statusCode)
  return [...statuses]
}

/** A request from this address; other requests of tests come from 127.0.0.1. */
const from = (registry: Registry, remoteAddress: string, url: string, keys?: Keys) =>
  registry.door.app.inject({ url, remoteAddress, headers: keys ? { authorization: basic(keys) } : {} })

describe('failed sign-ins', () => {
  test('after 60 failed sign-ins a minute even the right keys get 429 from that address until the minute ends', async ({
    registry,
  }) => {
    const shop = await registry.aShop()
    const url = `/r/${shop.id}/packages.json`
    const ask = (keys?: Keys) => from(registry, '192.0.2.1', url, keys)
    for (let n = 1; n <= 60; n++) expect((await ask(wrong(shop.keys))).statusCode).toBe(401)

    const refused = await ask(wrong(shop.keys))

    expect(statusAndWarning(refused)).toEqual({
      status: 429,
      warning: 'Too many requests: at most 60 failed sign-ins a minute. Go on in 60 seconds.',
    })
    expect(refused.headers).toMatchObject({ 'content-type': 'application/json', 'retry-after': '60' })
    expect(refused.headers).not.toHaveProperty('www-authenticate')
    expect((await ask(shop.keys)).statusCode).toBe(429)
    registry.setClock(NEXT_MINUTE)
    expect((await ask(shop.keys)).statusCode).toBe(200)
  })

  test('failed sign-ins block neither other keys at that address nor the same key at other addresses', async ({
    registry,
  }) => {
    const [shop, other] = [await registry.aShop(), await registry.aShop()]
    const url = `/r/${shop.id}/packages.json`
    await statusesOf(61, () => from(registry, '192.0.2.2', url, wrong(shop.keys)))
    expect((await from(registry, '192.0.2.2', `/r/${other.id}/packages.json`, other.keys)).statusCode).toBe(
      200,
    )
    expect((await from(registry, '192.0.2.3', url, shop.keys)).statusCode).toBe(200)
  })

  test('failed sign-ins without keys count together, and an IPv6 /48 counts as one address', async ({
    registry,
  }) => {
    const shop = await registry.aShop()
    const url = `/r/${shop.id}/packages.json`
    expect(await statusesOf(60, () => from(registry, '2001:db8:0:1::1', url))).toEqual([401])
    expect((await from(registry, '2001:db8:0:ffff::1', url)).statusCode).toBe(429)
    expect((await from(registry, '2001:db8:0:ffff::1', url, shop.keys)).statusCode).toBe(200)
  })

  test('after 600 unknown key pairs a minute a network gets 429 without a query, except for keys that worked before', async ({
    registry,
  }) => {
    const [shop, late] = [await registry.aShop(), await registry.aShop()]
    const door = await aRegistry({ db: registry.db, storage: registry.storage, now: () => NOW })
    onTestFinished(door.close)
    const ask = (keys: Keys, remoteAddress = '192.0.2.6') =>
      door.app.inject({
        url: '/r/x/packages.json',
        remoteAddress,
        headers: { authorization: basic(keys) },
      })
    let n = 0
    const another = () => ask({ publicKey: `ppk_${n++}`, privateKey: 'psk_wrong' })
    expect((await ask(shop.keys)).statusCode).toBe(403)
    expect(await statusesOf(600, another)).toEqual([401])

    const refused = await another()

    expect(statusAndWarning(refused)).toEqual({
      status: 429,
      warning: 'Too many requests: at most 600 failed sign-ins a minute. Go on in 60 seconds.',
    })
    expect((await ask(late.keys)).statusCode).toBe(429)
    expect((await ask(late.keys, '192.0.2.7')).statusCode).toBe(403)
    expect((await ask(shop.keys)).statusCode).toBe(403)
  })

  test('requests with a token that was revoked meanwhile count as failed sign-ins', async ({ registry }) => {
    const shop = await registry.aShop()
    const ask = () => from(registry, '192.0.2.4', `/r/${shop.id}/packages.json`, shop.keys)
    expect((await ask()).statusCode).toBe(200)
    const token = registry.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ revoked_at: NOW }).execute()
    expect(await statusesOf(60, ask)).toEqual([401])
    expect((await ask()).statusCode).toBe(429)
  })
})

describe('requests with a token', { timeout: LONG }, () => {
  test('the 3,001st request for metadata in a minute gets 429 without a query, and zips are still served', async ({
    registry,
  }) => {
    const [shop, other] = [await registry.aShop(), await registry.aShop()]
    // without a memory 3,000 queries would take long
    const memory = openMemory({ now: () => NOW })
    memory.flush()
    const door = await aRegistry({ db: registry.db, storage: registry.storage, memory, now: () => NOW })
    onTestFinished(door.close)
    const ask = () => door.get(`/r/${shop.id}/p2/x.json`, shop.keys)
    expect(await statusesOf(3_000, ask)).toEqual([404])
    const token = registry.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ revoked_at: NOW }).execute()
    memory.flush()

    expect(statusAndWarning(await ask())).toEqual({
      status: 429,
      warning: 'Too many requests: at most 3000 requests for metadata a minute. Go on in 60 seconds.',
    })
    const post = { method: 'POST', headers: { authorization: basic(shop.keys) }, payload: '' } as const
    for (const url of ['/composer/advisories', '/composer/downloads'])
      expect((await door.app.inject({ ...post, url })).statusCode).toBe(429)
    expect((await door.get('/dist/x', shop.keys)).statusCode).toBe(401)
    expect((await door.get(`/r/${other.id}/packages.json`, other.keys)).statusCode).toBe(200)
  })

  test('the 1,001st request for a zip in a minute gets 429; metadata is still served, and wrong keys do not count', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const url = await registry.distOf('northwind/module-search', '1.0.0')
    await statusesOf(1_100, () => from(registry, '192.0.2.5', '/dist/x', wrong(shop.keys)))
    expect(await statusesOf(999, () => shop.get('/dist/x'))).toEqual([404])
    expect((await shop.get(url)).statusCode).toBe(200)
    expect(statusAndWarning(await shop.get(url))).toEqual({
      status: 429,
      warning: 'Too many requests: at most 1000 downloads a minute. Go on in 60 seconds.',
    })
    expect((await shop.ofProject('packages.json')).statusCode).toBe(200)
    registry.setClock(NEXT_MINUTE)
    expect((await shop.get(url)).statusCode).toBe(200)
  })
})
