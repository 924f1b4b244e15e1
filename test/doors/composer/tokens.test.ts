import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId, type ProjectId } from '#kernel/ids'
import { openDatabase } from '#platform/database'
import { aProjectToken } from '../../support/a-market.ts'
import { aRegistryWithMarket, statusAndWarning } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'
import { aDatabase } from '../../support/database.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

let at: Awaited<ReturnType<typeof aRegistryWithMarket>>
beforeAll(async () => {
  at = await aRegistryWithMarket(NOW)
})
afterAll(() => at.close())

const matching = (text: RegExp) => expect.stringMatching(text) as string

const PATHS = [
  '/r/PROJECT/packages.json',
  '/r/PROJECT/filter.json',
  '/r/PROJECT/p2/northwind/module-hello.json',
]

describe('missing, wrong or ended keys', () => {
  test.each([...PATHS, '/dist/a/b/1.0.0-0123456789abcdef.zip'])(
    'missing, wrong, expired and revoked keys get 401 for %s',
    async (path) => {
      const shop = await at.aShop()
      const other = await at.aShop()
      const url = path.replace('PROJECT', shop.id)
      const expired = await aProjectToken(at.market, shop.id)
      await at.db
        .updateTable('project_tokens')
        .set({ expires_at: NOW })
        .where('id', '=', expired.id)
        .execute()
      const revoked = await aProjectToken(at.market, shop.id)
      await at.db
        .updateTable('project_tokens')
        .set({ revoked_at: NOW })
        .where('id', '=', revoked.id)
        .execute()
      const wrong = { publicKey: shop.keys.publicKey, privateKey: other.keys.privateKey }
      const unknown = { publicKey: 'ppk_nobody', privateKey: 'psk_nothing' }
      for (const keys of [undefined, expired, revoked, wrong, unknown]) {
        const answer = await at.registry.get(url, keys)
        expect(statusAndWarning(answer)).toEqual({
          status: 401,
          warning: matching(
            /unknown or was revoked.*create_project_token of http:\/\/registry\.example\/mcp$/,
          ),
        })
        expect(answer.headers['www-authenticate']).toBe('Basic realm="packagento"')
      }
    },
  )

  test.each(['Bearer abc', 'Basic', 'Basic !!!', `Basic ${Buffer.from('no-colon').toString('base64')}`])(
    'the authorization header %s gets 401',
    async (authorization) => {
      const { id } = await at.aShop()
      const answer = await at.registry.get(`/r/${id}/packages.json`, undefined, { authorization })
      expect(answer.statusCode).toBe(401)
    },
  )

  test('requests without keys get 401 on downloads and advisories', async () => {
    for (const url of ['/composer/downloads', '/composer/advisories']) {
      const answer = await at.registry.app.inject({ method: 'POST', url, payload: '{}' })
      expect(answer.statusCode).toBe(401)
    }
  })
})

describe('a valid token', () => {
  test('a rotated token works to the last millisecond of its overlap', async () => {
    const shop = await at.aShop()
    const { keys } = shop
    await at.db
      .updateTable('project_tokens')
      .set({ expires_at: new Date(NOW.getTime() + 1) })
      .where('public_key', '=', keys.publicKey)
      .execute()
    expect((await shop.ofProject('packages.json')).statusCode).toBe(200)
  })

  test('a token records when it was first and last used', async () => {
    const shop = await at.aShop()
    await shop.ofProject('packages.json')
    const row = await at.db
      .selectFrom('project_tokens')
      .select(['first_used_at', 'last_used_at'])
      .where('id', '=', shop.keys.id)
      .executeTakeFirst()
    expect(row).toEqual({ first_used_at: NOW, last_used_at: NOW })
  })
})

describe('keys of another project', () => {
  test.each(PATHS)('the keys of another project get 403 for %s', async (path) => {
    const shop = await at.aShop()
    const other = await at.aShop()
    const unknown: ProjectId = mintId('prj', NOW, Math.random)
    for (const project of [other.id, unknown]) {
      const answer = await shop.get(path.replace('PROJECT', project))
      expect(statusAndWarning(answer)).toEqual({
        status: 403,
        warning: matching(/another project.*create_project_token of http/),
      })
    }
  })

  test('the keys of an archived project get 403 for metadata and zips', async () => {
    const shop = await at.aShop({ package: 'northwind/module-search' })
    await at.db.updateTable('projects').set({ archived_at: NOW }).where('id', '=', shop.id).execute()
    expect(statusAndWarning(await shop.ofProject('packages.json'))).toEqual({
      status: 403,
      warning: matching(/archived.*create_project_token of http/),
    })
    expect(statusAndWarning(await shop.get(await at.distOf('northwind/module-search', '1.0.0')))).toEqual({
      status: 403,
      warning: matching(/archived/),
    })
  })
})

describe('an unreachable database', () => {
  test.each(['refuses connections', 'does not exist'])(
    'requests get 503, never 404, when the database %s',
    async (how) => {
      const { url, close } = await aDatabase()
      await close()
      const gone = openDatabase(how === 'does not exist' ? url : 'postgres://nobody@127.0.0.1:1/nothing')
      const away = await aRegistry({ db: gone.db, storage: at.storage })
      const shop = await at.aShop()
      for (const path of [...PATHS, '/dist/a/b/1.0.0-0123456789abcdef.zip'])
        expect(statusAndWarning(await away.get(path.replace('PROJECT', shop.id), shop.keys))).toEqual({
          status: 503,
          warning: matching(/Try again/),
        })
      for (const url of ['/composer/downloads', '/composer/advisories']) {
        const headers = { authorization: basic(shop.keys) }
        const answer = await away.app.inject({ method: 'POST', url, payload: '{}', headers })
        expect(statusAndWarning(answer)).toMatchObject({ status: 503 })
      }
      expect(away.logged()).not.toContain(basic(shop.keys))
      await away.close()
      await gone.close()
    },
  )
})
