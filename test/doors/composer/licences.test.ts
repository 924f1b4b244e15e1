import { createHash } from 'node:crypto'
import { describe, expect, onTestFinished } from 'vitest'
import { registryTest, versionsIn, statusAndWarning } from '../../support/a-registry.ts'
import { aRegistry } from '../../support/composer.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)
const day = (text: string) => new Date(`${text}T00:00:00Z`)

const matching = (text: RegExp) => expect.stringMatching(text) as string

describe('metadata of a package that is not licensed', () => {
  test('metadata of an unlicensed public package gets 402 with the page where one can buy it', async ({
    registry,
  }) => {
    const shop = await registry.aShop()
    const answer = await shop.p2('northwind/module-search')
    expect(statusAndWarning(answer)).toEqual({
      status: 402,
      warning: matching(/Buy: http:\/\/registry\.example\/packages\/northwind\/module-search$/),
    })
  })

  test('~dev metadata of an unlicensed public package gets 402', async ({ registry }) => {
    const shop = await registry.aShop()
    expect((await shop.p2('northwind/module-search~dev')).statusCode).toBe(402)
  })

  test('a hidden package of a vendor that the project buys from gets 402 and names what it comes with', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-hello' })
    const answer = await shop.p2('northwind/module-core')
    expect(statusAndWarning(answer)).toEqual({
      status: 402,
      warning: matching(
        /module-core is .* comes with northwind\/module-stock, northwind\/suite\. Buy: http.*\/packages\/northwind\/module-stock$/,
      ),
    })
  })

  test.for([
    ['a hidden package of another vendor', 'northwind/module-core'],
    ['an unknown package', 'northwind/module-none'],
    ['a name without a vendor', 'x'],
    ['a name with a NUL character', 'northwind/%00'],
  ] as const)('%s gets 404 without a warning', async ([, name], { registry }) => {
    const shop = await registry.aShop({ package: 'fabrikam/module-labels' })
    const answer = await shop.p2(name)
    expect(answer.statusCode).toBe(404)
    expect(answer.body).toBe('{}')
    expect(answer.headers['content-type']).toBe('application/json')
  })

  test('a package of a vendor that is not approved gets 404', async ({ registry }) => {
    const shop = await registry.aShop()
    const { db } = registry
    const vendor = registry.market.vendor('fabrikam')
    await db.updateTable('vendors').set({ approved_at: null }).where('id', '=', vendor).execute()
    expect((await shop.p2('fabrikam/module-labels')).statusCode).toBe(404)
    await db.updateTable('vendors').set({ approved_at: NOW }).where('id', '=', vendor).execute()
  })

  test.for(['suspended', 'refunded', 'revoked'] as const)(
    'a licence that is %s opens nothing',
    async (status, { registry }) => {
      const shop = await registry.aShop({ package: 'northwind/module-search', status })
      expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
      expect((await shop.get(await registry.distOf('northwind/module-search', '1.0.0'))).statusCode).toBe(402)
    },
  )

  test('an activation that is only reserved or was deactivated opens nothing', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const activations = registry.db.updateTable('activations').where('project_id', '=', shop.id)
    await activations.set({ activated_at: null }).execute()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
    await activations.set({ activated_at: NOW, deactivated_at: NOW }).execute()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })

  test('the licence of another project opens nothing', async ({ registry }) => {
    await registry.aShop({ package: 'northwind/module-search' })
    const shop = await registry.aShop()
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })
})

describe('zips', () => {
  test('the zip of a licensed version is sent, and its hash is the one in the URL', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const url = await registry.distOf('northwind/module-search', '1.1.0')
    const answer = await shop.get(url)
    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': String(answer.rawPayload.length),
      'cache-control': 'private, no-cache',
    })
    expect(url).toContain(createHash('sha256').update(answer.rawPayload).digest('hex').slice(0, 16))
  })

  test('the zip of an unlicensed package gets 402 with the page where one can buy it', async ({
    registry,
  }) => {
    const shop = await registry.aShop()
    const answer = await shop.get(await registry.distOf('northwind/module-search', '1.1.0'))
    expect(statusAndWarning(answer)).toEqual({
      status: 402,
      warning: matching(/Buy: http:\/\/registry\.example\/packages\/northwind\/module-search$/),
    })
  })

  test('a zip released after the update window gets 402 with the page to renew, and an earlier one 200', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil: day('2026-07-01') })
    const late = await shop.get(await registry.distOf('northwind/module-stock', '1.2.0'))
    expect(statusAndWarning(late)).toEqual({
      status: 402,
      warning: matching(/after your update window.*Renew: http.*\/packages\/northwind\/module-stock$/),
    })
    expect((await shop.get(await registry.distOf('northwind/module-stock', '1.1.0'))).statusCode).toBe(200)
  })

  test('the zip of a withdrawn version gets 200, so that lock files keep working', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/theme-plain' })
    const versions = registry.db
      .updateTable('versions')
      .where('package_id', '=', registry.market.package('northwind/theme-plain'))
      .where('label', '=', '1.0.0')
    const url = await registry.distOf('northwind/theme-plain', '1.0.0')
    await versions.set({ status: 'withdrawn' }).execute()
    expect((await shop.get(url)).statusCode).toBe(200)
    await versions.set({ status: 'available' }).execute()
  })

  test('a zip with an unknown package, version or hash gets 404', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const url = await registry.distOf('northwind/module-search', '1.1.0')
    const wrongHash = url.replace(/-[0-9a-f]{16}\.zip$/, '-0123456789abcdef.zip')
    const urls = [
      wrongHash,
      url.replace('1.1.0', '1.1.9'),
      url.replace('search', 'none'),
      '/dist/x',
      '/dist/a/b/c/d.zip',
    ]
    for (const each of urls) expect([each, (await shop.get(each)).statusCode]).toEqual([each, 404])
  })

  test('each request for a zip checks the licence: after a deactivation the next one gets 402', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const url = await registry.distOf('northwind/module-search', '1.1.0')
    expect((await shop.get(url)).statusCode).toBe(200)
    await registry.db
      .updateTable('activations')
      .set({ deactivated_at: NOW })
      .where('project_id', '=', shop.id)
      .execute()
    expect((await shop.get(url)).statusCode).toBe(402)
  })

  test('a licensed version whose zip is missing in the storage gets 500, not 404', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const withoutZips = await aRegistry({
      db: registry.db,
      storage: { reachable: async () => true, put: async () => {}, open: async () => undefined },
      now: () => NOW,
    })
    const answer = await withoutZips.get(await registry.distOf('northwind/module-search', '1.1.0'), shop.keys)
    expect(answer.statusCode).toBe(500)
    expect(withoutZips.logged()).toContain('the registry answered 500')
    expect(withoutZips.logged()).not.toContain(shop.keys.privateKey)
    await withoutZips.close()
  })

  test.for([404, 403, 410])(
    'a storage error with the status %i is answered with 500, because it is our fault',
    async (status, { registry }) => {
      const shop = await registry.aShop({ package: 'northwind/module-search' })
      const noSuchKey = Object.assign(new Error('NoSuchKey'), {
        statusCode: status,
        status,
        code: 'NoSuchKey',
      })
      const broken = await aRegistry({
        db: registry.db,
        storage: { reachable: async () => true, put: async () => {}, open: () => Promise.reject(noSuchKey) },
        now: () => NOW,
      })
      onTestFinished(() => broken.close())

      const answer = await broken.get(await registry.distOf('northwind/module-search', '1.1.0'), shop.keys)

      expect(statusAndWarning(answer)).toEqual({
        status: 500,
        warning: expect.stringContaining('on our side (request '),
      })
      expect(broken.logged()).toContain('the registry answered 500')
      expect(broken.logged()).toContain('NoSuchKey')
    },
  )
})

describe('what a licence covers', () => {
  test('a licence of a metapackage covers its required packages and their hidden requirements', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/suite' })
    for (const name of ['suite', 'module-search', 'module-stock', 'module-core'])
      expect([name, (await shop.p2(`northwind/${name}`)).statusCode]).toEqual([name, 200])
    expect((await shop.p2('northwind/theme-plain')).statusCode).toBe(402)
  })

  test('a hidden required package has the update window of its parent', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-stock', validUntil: day('2026-05-01') })
    expect(versionsIn(await shop.p2('northwind/module-core'))).toEqual(['v1.0.0'])
  })

  test('a package is not covered when the metapackage began to require it after the window ended', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/suite', validUntil: day('2026-06-01') })
    expect((await shop.p2('northwind/module-search')).statusCode).toBe(402)
  })

  test('a package that two licences cover has the longer update window', async ({ registry }) => {
    const shop = await registry.aShop(
      { package: 'northwind/module-stock', validUntil: day('2026-03-01') },
      { package: 'northwind/suite', validUntil: day('2026-07-01') },
    )
    expect(versionsIn(await shop.p2('northwind/module-stock'))).toEqual(['v1.1.0', 'v1.0.0'])
  })
})
