import { describe, expect } from 'vitest'
import { mintId, type ProjectId } from '#kernel/ids'
import { openDatabase } from '#platform/database'
import { aProjectToken } from '../../support/a-market.ts'
import { registryTest, statusAndWarning } from '../../support/a-registry.ts'
import { aRegistry, basic } from '../../support/composer.ts'
import { aDatabase } from '../../support/database.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

const test = registryTest(NOW)

const matching = (text: RegExp) => expect.stringMatching(text) as string

const GUIDE = 'http://registry.example/docs/composer'

const PATHS = [
  '/r/PROJECT/packages.json',
  '/r/PROJECT/filter.json',
  '/r/PROJECT/p2/northwind/module-hello.json',
]

describe('missing, wrong or ended keys', () => {
  test.for([...PATHS, '/dist/a/b/1.0.0-0123456789abcdef.zip'])(
    'missing, unknown, revoked and expired keys get 401 with their own reason and page for %s',
    async (path, { registry }) => {
      const shop = await registry.aShop()
      const other = await registry.aShop()
      const url = path.replace('PROJECT', shop.id)
      const expired = await aProjectToken(registry.market, shop.id)
      await registry.db
        .updateTable('project_tokens')
        .set({ expires_at: NOW })
        .where('id', '=', expired.id)
        .execute()
      const revoked = await aProjectToken(registry.market, shop.id)
      await registry.db
        .updateTable('project_tokens')
        .set({ revoked_at: NOW })
        .where('id', '=', revoked.id)
        .execute()
      const halfOfRevoked = { publicKey: revoked.publicKey, privateKey: other.keys.privateKey }
      const wrong = { publicKey: shop.keys.publicKey, privateKey: other.keys.privateKey }
      const unknown = { publicKey: 'ppk_nobody', privateKey: 'psk_nothing' }
      const page = `http://registry.example/account/projects/${shop.id}`
      const ofUnknown = `This project token is unknown. What to do: ${GUIDE}#text-the-keys-are-unknown`
      for (const [keys, warning] of [
        [
          undefined,
          `Composer sent no credentials for registry.example. How to add them: ${GUIDE}#text-no-credentials-were-sent`,
        ],
        [revoked, `This project token was revoked on 2026-11-23 10:00 UTC. For a new one: ${page}`],
        [
          expired,
          `This project token was replaced and ended on 2026-11-23 10:00 UTC. For a new one: ${page}`,
        ],
        [wrong, ofUnknown],
        [halfOfRevoked, ofUnknown],
        [unknown, ofUnknown],
      ] as const) {
        const answer = await registry.door.get(url, keys)
        expect(statusAndWarning(answer)).toEqual({ status: 401, warning })
        expect(answer.headers['www-authenticate']).toBe('Basic realm="packagento"')
      }
    },
  )

  test.for(['Bearer abc', 'Basic', 'Basic !!!', `Basic ${Buffer.from('no-colon').toString('base64')}`])(
    'the authorization header %s gets 401',
    async (authorization, { registry }) => {
      const { id } = await registry.aShop()
      const answer = await registry.door.get(`/r/${id}/packages.json`, undefined, { authorization })
      expect(statusAndWarning(answer)).toEqual({ status: 401, warning: matching(/is unknown/) })
    },
  )

  test('requests without keys get 401 on downloads and advisories', async ({ registry }) => {
    for (const url of ['/composer/downloads', '/composer/advisories']) {
      const answer = await registry.door.app.inject({ method: 'POST', url, payload: '{}' })
      expect(answer.statusCode).toBe(401)
    }
  })
})

describe('a valid token', () => {
  test('a rotated token works to the last millisecond of its overlap', async ({ registry }) => {
    const shop = await registry.aShop()
    const { keys } = shop
    await registry.db
      .updateTable('project_tokens')
      .set({ expires_at: new Date(NOW.getTime() + 1) })
      .where('public_key', '=', keys.publicKey)
      .execute()
    expect((await shop.ofProject('packages.json')).statusCode).toBe(200)
  })

  test('a token records when it was first and last used', async ({ registry }) => {
    const shop = await registry.aShop()
    await shop.ofProject('packages.json')
    const row = await registry.db
      .selectFrom('project_tokens')
      .select(['first_used_at', 'last_used_at'])
      .where('id', '=', shop.keys.id)
      .executeTakeFirst()
    expect(row).toEqual({ first_used_at: NOW, last_used_at: NOW })
  })
})

describe('keys of another project', () => {
  test.for(PATHS)('the keys of another project get 403 for %s', async (path, { registry }) => {
    const shop = await registry.aShop()
    const other = await registry.aShop()
    const unknown: ProjectId = mintId('prj', NOW, Math.random)
    for (const project of [other.id, unknown]) {
      const answer = await shop.get(path.replace('PROJECT', project))
      expect(statusAndWarning(answer)).toEqual({
        status: 403,
        warning: matching(/another project.*\/docs\/composer#text-several-projects-on-one-machine$/),
      })
    }
  })

  test('the keys of an archived project get 403 for metadata and zips', async ({ registry }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    await registry.db.updateTable('projects').set({ archived_at: NOW }).where('id', '=', shop.id).execute()
    expect(statusAndWarning(await shop.ofProject('packages.json'))).toEqual({
      status: 403,
      warning: matching(/archived.*\/docs\/composer#text-new-keys$/),
    })
    expect(
      statusAndWarning(await shop.get(await registry.distOf('northwind/module-search', '1.0.0'))),
    ).toEqual({
      status: 403,
      warning: matching(/archived/),
    })
  })
})

describe('a deleted org', () => {
  test('the keys of a deleted org get 403 for metadata and zips, and work again when the org is restored', async ({
    registry,
  }) => {
    const shop = await registry.aShop({ package: 'northwind/module-search' })
    const zip = await registry.distOf('northwind/module-search', '1.0.0')
    const org = registry.db.updateTable('orgs').where('id', '=', registry.market.org('acme-retail'))
    await org.set({ deleted_at: NOW }).execute()
    const whileDeleted = [await shop.ofProject('packages.json'), await shop.get(zip)].map(statusAndWarning)
    await org.set({ deleted_at: null }).execute()

    const refused = { status: 403, warning: matching(/org of this token was deleted.*#text-new-keys$/) }
    expect(whileDeleted).toEqual([refused, refused])
    expect((await shop.get(zip)).statusCode).toBe(200)
  })
})

describe('an unreachable database', () => {
  test.for(['refuses connections', 'does not exist'])(
    'requests get 503, never 404, when the database %s',
    async (how, { registry }) => {
      const { url, close } = await aDatabase()
      await close()
      const gone = openDatabase(how === 'does not exist' ? url : 'postgres://nobody@127.0.0.1:1/nothing')
      const away = await aRegistry({ db: gone.db, storage: registry.storage })
      const shop = await registry.aShop()
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
