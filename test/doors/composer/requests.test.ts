import { gunzipSync } from 'node:zlib'
import Fastify from 'fastify'
import { describe, expect } from 'vitest'
import { openLogger } from '#platform/logger'
import { composerRegistry } from '../../../src/api/composer/index.ts'
import { noMemory } from '../../../src/api/memory.ts'
import { registryTest, type Registry, HOST } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

describe('headers', () => {
  test.for(['packages.json', 'filter.json', 'p2/northwind/module-search.json'])(
    '%s is private JSON without a charset, and its validator gets a 304 without a body',
    async (path, { registry }) => {
      const shop = await registry.aShop({ package: 'northwind/module-search' })
      const answer = await shop.ofProject(path)
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json',
        'cache-control': 'private, no-cache',
        vary: 'Authorization, Accept-Encoding',
        'last-modified': expect.stringMatching(/^rev-[0-9a-f]{16}$/) as string,
      })
      const validator = String(answer.headers['last-modified'])
      const again = await shop.ofProject(path, { 'if-modified-since': validator })
      expect([again.statusCode, again.body]).toEqual([304, ''])
      const other = await shop.ofProject(path, { 'if-modified-since': 'Mon, 23 Nov 2026 10:00:00 GMT' })
      expect(other.statusCode).toBe(200)
    },
  )

  test('a 304 is sent only after token, project and licence are checked', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const stranger = await registry.aShop()
    const path = 'p2/northwind/module-search.json'
    const headers = { 'if-modified-since': String((await shop.ofProject(path)).headers['last-modified']) }
    expect((await shop.ofProject(path, headers)).statusCode).toBe(304)
    expect((await registry.door.get(`/r/${shop.id}/${path}`, undefined, headers)).statusCode).toBe(401)
    expect((await registry.door.get(`/r/${shop.id}/${path}`, stranger.keys, headers)).statusCode).toBe(403)
    expect((await stranger.ofProject(path, headers)).statusCode).toBe(402)
  })

  test('the validator differs between update windows and changes with the revision of the package', async ({
    registry,
  }) => {
    const validUntil = new Date('2026-07-01T00:00:00Z')
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil })
    const other = await registry.aShop({ package: 'northwind/module-stock' })
    const validator = async (of: typeof shop) =>
      (await of.p2('northwind/module-stock')).headers['last-modified']
    expect(await validator(shop)).not.toBe(await validator(other))
    const before = await validator(other)
    await registry.db
      .updateTable('packages')
      .set((row) => ({ revision: row('revision', '+', 1) }))
      .where('id', '=', registry.market.package('northwind/module-stock'))
      .execute()
    expect(await validator(other)).not.toBe(before)
  })

  test('a long body is compressed for a client that accepts gzip', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const path = 'p2/northwind/module-search.json'
    const plain = await shop.ofProject(path)
    const small = await shop.ofProject(path, { 'accept-encoding': 'deflate, gzip, br' })
    expect(small.headers).toMatchObject({ 'content-encoding': 'gzip', 'content-type': 'application/json' })
    expect(gunzipSync(small.rawPayload).toString()).toBe(plain.body)
    expect((await shop.ofProject(path, { 'accept-encoding': 'gzip;q=0' })).headers).not.toHaveProperty(
      'content-encoding',
    )
  })
})

describe('downloads', () => {
  const post = (
    registry: Registry,
    url: string,
    keys: Parameters<typeof basic>[0],
    type: string,
    payload: string,
  ) =>
    registry.door.app.inject({
      method: 'POST',
      url,
      payload,
      headers: { authorization: basic(keys), 'content-type': type, 'user-agent': 'Composer/2.5.5' },
    })

  test('reported downloads get 204, count once a minute, and unknown ones are dropped', async ({
    registry,
  }) => {
    const { db } = registry
    const door = await aRegistry({ db, storage: registry.storage, now: () => NOW })
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const known = { name: 'northwind/module-search', version: '1.1.0.0' }
    const downloads = [
      known,
      known,
      { name: 'northwind/module-search', version: '9.0.0.0' },
      { name: 'a/b', version: '1' },
    ]
    const answer = await door.app.inject({
      method: 'POST',
      url: '/composer/downloads',
      payload: { downloads },
      headers: { authorization: basic(shop.keys), 'user-agent': 'Composer/2.5.5' },
    })
    expect([answer.statusCode, answer.body]).toEqual([204, ''])
    // closing writes the downloads that still wait
    await door.close()
    const rows = await db
      .selectFrom('downloads as d')
      .innerJoin('versions as v', 'v.id', 'd.version_id')
      .select(['v.label', 'd.minute', 'd.user_agent'])
      .where('d.token_id', '=', shop.keys.id)
      .execute()
    expect(rows).toEqual([{ label: '1.1.0', minute: NOW, user_agent: 'Composer/2.5.5' }])
  })

  test.for(['', '{', '{"downloads":1}', '{"downloads":[{"name":1}]}'])(
    'the body %j is refused with 400, because it is no list of downloads',
    async (text, { registry }) => {
      const shop = await registry.aShop()
      const answer = await post(registry, '/composer/downloads', shop.keys, 'application/json', text)
      expect(answer.statusCode).toBe(400)
    },
  )
})

test('the body parsers of the registry do not change the rest of the server', async ({ registry }) => {
  const app = Fastify()
  const log = openLogger({ level: 'silent' })
  const { db, storage } = registry
  const options = { db, memory: noMemory, storage, publicUrl: HOST, now: () => NOW, log }
  await app.register(composerRegistry, options)
  app.post('/echo', async (request) => request.body)
  const json = await app.inject({ method: 'POST', url: '/echo', payload: { a: 1 } })
  expect(json.json()).toEqual({ a: 1 })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const form = await app.inject({ method: 'POST', url: '/echo', payload: 'a=1', headers })
  expect(form.statusCode).toBe(415)
  await app.close()
})
