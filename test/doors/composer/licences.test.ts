import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { aRegistryWithMarket, versionsIn, warned } from '../../support/a-registry.ts'
import { aRegistry } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())
const day = (text: string) => new Date(`${text}T00:00:00Z`)

const saying = (text: RegExp) => expect.stringMatching(text) as string

describe('metadata of what is not licensed', () => {
  test('a public package is 402 and names the page to buy it at', async () => {
    const shop = await at.aShop()
    const answer = await shop.p2('northwind/module-search')
    expect(warned(answer)).toEqual({
      status: 402,
      warning: saying(/Buy: http:\/\/registry\.example\/packages\/northwind\/module-search$/),
    })
  })

  test('so is its ~dev part', async () => {
    const shop = await at.aShop()
    expect((await shop.p2('northwind/module-search~dev')).statusCode).toBe(402)
  })

  test('a hidden package of a vendor the project buys from is 402 without URL or parent', async () => {
    const shop = await at.aShop({ package: 'northwind/module-hello' })
    const answer = await shop.p2('northwind/module-core')
    expect(warned(answer)).toEqual({ status: 402, warning: saying(/northwind\/module-core/) })
    expect(warned(answer).warning).not.toMatch(/http|stock|suite/)
  })

  test.each([
    ['a hidden package of any other vendor', 'northwind/module-core'],
    ['an unknown package', 'northwind/module-none'],
    ['something else', 'x'],
    ['a name with a NUL', 'northwind/%00'],
  ])('%s is 404 without a warning', async (_, name) => {
    const shop = await at.aShop({ package: 'fabrikam/module-labels' })
    const answer = await shop.p2(name)
    expect(answer.statusCode).toBe(404)
    expect(answer.body).toBe('{}')
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test('a package of a vendor that is not approved is 404', async () => {
    const shop = await at.aShop()
    const { db } = at
    const vendor = at.market.vendor('fabrikam')
    await db.updateTable('vendors').set({ approved_at: null }).where('id', '=', vendor).execute()
    expect((await shop.p2('fabrikam/module-labels')).statusCode).toBe(404)
    await db.updateTable('vendors').set({ approved_at: NOW }).where('id', '=', vendor).execute()
  })

  test.each(['suspended', 'refunded', 'revoked'] as const)(
    'a licence that is %s opens nothing',
    async (status) => {
      const shop = await at.aShop({ package: 'northwind/module-search', status })
      expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
      expect((await shop.get(await at.distOf('northwind/module-search', '1.0.0'))).statusCode).toBe(402)
    },
  )

  test('neither does a slot that is only reserved, or was given back', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const activations = at.db.updateTable('activations').where('project_id', '=', shop.id)
    await activations.set({ activated_at: null }).execute()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
    await activations.set({ activated_at: NOW, deactivated_at: NOW }).execute()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })

  test("another project's licence opens nothing here", async () => {
    await at.aShop({ package: 'northwind/module-search' })
    const shop = await at.aShop()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })
})

describe('dist', () => {
  test('of a licensed version is the very zip', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const url = await at.distOf('northwind/module-search', '1.1.0')
    const answer = await shop.get(url)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': String(answer.rawPayload.length),
      'cache-control': 'private, no-cache',
    })
    expect(url).toContain(createHash('sha256').update(answer.rawPayload).digest('hex').slice(0, 16))
  })

  test('not licensed is 402 with the page to buy it at', async () => {
    const shop = await at.aShop()
    const answer = await shop.get(await at.distOf('northwind/module-search', '1.1.0'))
    expect(warned(answer)).toEqual({
      status: 402,
      warning: saying(/Buy: http:\/\/registry\.example\/packages\/northwind\/module-search$/),
    })
  })

  test('released after the window is 402 with the page to renew it at; before it, 200', async () => {
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil: day('2026-07-01') })
    const late = await shop.get(await at.distOf('northwind/module-stock', '1.2.0'))
    expect(warned(late)).toEqual({
      status: 402,
      warning: saying(/after your update window.*Renew: http.*\/packages\/northwind\/module-stock$/),
    })
    expect((await shop.get(await at.distOf('northwind/module-stock', '1.1.0'))).statusCode).toBe(200)
  })

  test('of a withdrawn version is 200: locks go on', async () => {
    const shop = await at.aShop({ package: 'northwind/theme-plain' })
    const versions = at.db
      .updateTable('versions')
      .where('package_id', '=', at.market.package('northwind/theme-plain'))
      .where('label', '=', '1.0.0')
    const url = await at.distOf('northwind/theme-plain', '1.0.0')
    await versions.set({ status: 'withdrawn' }).execute()
    expect((await shop.get(url)).statusCode).toBe(200)
    await versions.set({ status: 'available' }).execute()
  })

  test('of no such package, version or hash is 404', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const url = await at.distOf('northwind/module-search', '1.1.0')
    const off = url.replace(/-[0-9a-f]{16}\.zip$/, '-0123456789abcdef.zip')
    const urls = [
      off,
      url.replace('1.1.0', '1.1.9'),
      url.replace('search', 'none'),
      '/dist/x',
      '/dist/a/b/c/d.zip',
    ]
    for (const each of urls) expect([each, (await shop.get(each)).statusCode]).toEqual([each, 404])
  })

  test('decides anew each time: the licence ends, the next request is 402', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const url = await at.distOf('northwind/module-search', '1.1.0')
    expect((await shop.get(url)).statusCode).toBe(200)
    await at.db
      .updateTable('activations')
      .set({ deactivated_at: NOW })
      .where('project_id', '=', shop.id)
      .execute()
    expect((await shop.get(url)).statusCode).toBe(402)
  })

  test('whose zip is missing is never 404', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    const nothing = await aRegistry({
      db: at.db,
      storage: { put: async () => {}, open: async () => undefined },
      now: () => NOW,
    })
    const answer = await nothing.get(await at.distOf('northwind/module-search', '1.1.0'), shop.keys)
    expect(answer.statusCode).toBe(500)
    expect(nothing.logged()).toContain('the registry answered 500')
    expect(nothing.logged()).not.toContain(shop.keys.privateKey)
    await nothing.close()
  })

  test.each([404, 403, 410])(
    'a storage that fails with a status of its own, %i, is a fault of ours: 500',
    async (status) => {
      const shop = await at.aShop({ package: 'northwind/module-search' })
      const noSuchKey = Object.assign(new Error('NoSuchKey'), {
        statusCode: status,
        status,
        code: 'NoSuchKey',
      })
      const broken = await aRegistry({
        db: at.db,
        storage: { put: async () => {}, open: () => Promise.reject(noSuchKey) },
        now: () => NOW,
      })
      onTestFinished(() => broken.close())

      const answer = await broken.get(await at.distOf('northwind/module-search', '1.1.0'), shop.keys)

      expect(warned(answer)).toEqual({
        status: 500,
        warning: expect.stringContaining('on our side (request '),
      })
      expect(broken.logged()).toContain('the registry answered 500')
      expect(broken.logged()).toContain('NoSuchKey')
    },
  )
})

describe('what a licence covers', () => {
  test('a metapackage opens what it requires and their hidden requirements', async () => {
    const shop = await at.aShop({ package: 'northwind/suite' })
    for (const name of ['suite', 'module-search', 'module-stock', 'module-core'])
      expect([name, (await shop.p2(`northwind/${name}`)).statusCode]).toEqual([name, 200])
    expect((await shop.p2('northwind/theme-plain')).statusCode).toBe(402)
  })

  test('a hidden requirement follows the window of its parent', async () => {
    const shop = await at.aShop({ package: 'northwind/module-stock', validUntil: day('2026-05-01') })
    expect(versionsIn(await shop.p2('northwind/module-core'))).toEqual(['v1.0.0'])
  })

  test('a parent that began to require a child after the window ended does not bring it', async () => {
    const shop = await at.aShop({ package: 'northwind/suite', validUntil: day('2026-06-01') })
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })

  test('of two licences the longer window counts', async () => {
    const shop = await at.aShop(
      { package: 'northwind/module-stock', validUntil: day('2026-03-01') },
      { package: 'northwind/suite', validUntil: day('2026-07-01') },
    )
    expect(versionsIn(await shop.p2('northwind/module-stock'))).toEqual(['v1.1.0', 'v1.0.0'])
  })
})
