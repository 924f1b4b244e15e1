import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { aRegistryWithMarket, warned } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'
import { openMemory } from '../../../src/api/memory.ts'

const NOW = new Date('2026-11-23T10:00:10Z')
const NEXT_MINUTE = new Date('2026-11-23T10:01:10Z')
const LONG = 60_000

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

type Keys = Parameters<typeof basic>[0]
const wrong = ({ publicKey }: Keys): Keys => ({ publicKey, privateKey: 'psk_wrong' })

async function many(times: number, ask: () => Promise<{ statusCode: number }>): Promise<number[]> {
  const statuses = new Set<number>()
  // not all at once: a limit is looked at before the answer that counts
  for (let left = times; left > 0; left -= 50)
    for (const { statusCode } of await Promise.all(Array.from({ length: Math.min(left, 50) }, ask)))
      statuses.add(statusCode)
  return [...statuses]
}

/** From another address than the tests' own, which is 127.0.0.1. */
const from = (remoteAddress: string, url: string, keys?: Keys) =>
  at.registry.app.inject({ url, remoteAddress, headers: keys ? { authorization: basic(keys) } : {} })

describe('failed sign-ins', () => {
  test('the 61st of a minute is 429, for an address and a key; the right keys do not help until it is over', async () => {
    const shop = await at.aShop()
    const url = `/r/${shop.id}/packages.json`
    const ask = (keys?: Keys) => from('192.0.2.1', url, keys)
    for (let n = 1; n <= 60; n++) expect((await ask(wrong(shop.keys))).statusCode).toBe(401)

    const refused = await ask(wrong(shop.keys))

    expect(warned(refused)).toEqual({
      status: 429,
      warning: 'Too many requests: at most 60 failed sign-ins a minute. Go on in a minute.',
    })
    expect(refused.headers).toMatchObject({ 'content-type': 'application/json', 'retry-after': '60' })
    expect(refused.headers).not.toHaveProperty('www-authenticate')
    expect((await ask(shop.keys)).statusCode).toBe(429)
    at.setClock(NEXT_MINUTE)
    expect((await ask(shop.keys)).statusCode).toBe(200)
  })

  test('harm neither another key of that address nor that key elsewhere', async () => {
    const [shop, other] = [await at.aShop(), await at.aShop()]
    const url = `/r/${shop.id}/packages.json`
    await many(61, () => from('192.0.2.2', url, wrong(shop.keys)))
    expect((await from('192.0.2.2', `/r/${other.id}/packages.json`, other.keys)).statusCode).toBe(200)
    expect((await from('192.0.2.3', url, shop.keys)).statusCode).toBe(200)
  })

  test('without any key count together, and an IPv6 network is one address', async () => {
    const shop = await at.aShop()
    const url = `/r/${shop.id}/packages.json`
    expect(await many(60, () => from('2001:db8::1', url))).toEqual([401])
    expect((await from('2001:db8::ffff', url)).statusCode).toBe(429)
    expect((await from('2001:db8::ffff', url, shop.keys)).statusCode).toBe(200)
  })

  test('a token that ended in the meantime counts as they do', async () => {
    const shop = await at.aShop()
    const ask = () => from('192.0.2.4', `/r/${shop.id}/packages.json`, shop.keys)
    expect((await ask()).statusCode).toBe(200)
    const token = at.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ revoked_at: NOW }).execute()
    expect(await many(60, ask)).toEqual([401])
    expect((await ask()).statusCode).toBe(429)
  })
})

describe('requests with a token', { timeout: LONG }, () => {
  test('the 3,001st for metadata is 429 without asking the database, and zips go on', async () => {
    const [shop, other] = [await at.aShop(), await at.aShop()]
    // 3,000 look-ups would take long
    const memory = openMemory({ now: () => NOW })
    memory.flush()
    const door = await aRegistry({ db: at.db, storage: at.storage, memory, now: () => NOW })
    onTestFinished(door.close)
    const ask = () => door.get(`/r/${shop.id}/p2/x.json`, shop.keys)
    expect(await many(3_000, ask)).toEqual([404])
    const token = at.db.updateTable('project_tokens').where('id', '=', shop.keys.id)
    await token.set({ revoked_at: NOW }).execute()
    memory.flush()

    expect(warned(await ask())).toEqual({
      status: 429,
      warning: 'Too many requests: at most 3000 requests for metadata a minute. Go on in a minute.',
    })
    const post = { method: 'POST', headers: { authorization: basic(shop.keys) }, payload: '' } as const
    for (const url of ['/composer/advisories', '/composer/downloads'])
      expect((await door.app.inject({ ...post, url })).statusCode).toBe(429)
    expect((await door.get('/dist/x', shop.keys)).statusCode).toBe(401)
    expect((await door.get(`/r/${other.id}/packages.json`, other.keys)).statusCode).toBe(200)
  })

  test('the 1,001st for a zip is 429, and metadata goes on; nobody else can use them up', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const url = await at.distOf('northwind/module-search', '1.0.0')
    await many(1_100, () => from('192.0.2.5', '/dist/x', wrong(shop.keys)))
    expect(await many(999, () => shop.get('/dist/x'))).toEqual([404])
    expect((await shop.get(url)).statusCode).toBe(200)
    expect(warned(await shop.get(url))).toEqual({
      status: 429,
      warning: 'Too many requests: at most 1000 downloads a minute. Go on in a minute.',
    })
    expect((await shop.ofProject('packages.json')).statusCode).toBe(200)
    at.setClock(NEXT_MINUTE)
    expect((await shop.get(url)).statusCode).toBe(200)
  })
})
