import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addPackage, setPrice } from '#domain/catalogue'
import { publishVersion } from '#domain/publishing'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { COPY_SCRIPT } from '../../src/api/customer-area/style/script.ts'
import { anApp } from '../support/an-app.ts'
import { aMarket, type Market, MARKET_SINCE } from '../support/a-market.ts'
import { aDatabase } from '../support/database.ts'
import { textOf } from '../support/text-of.ts'

const EVIL = `<script>alert("it's")</script> & <b>`

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  await anEvilPackage(database.db, market)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** A package with markup in every text that a vendor writes. */
async function anEvilPackage(db: Db, { vendor }: Market): Promise<void> {
  const [id, at] = [mintId('pkg', MARKET_SINCE, Math.random), MARKET_SINCE]
  const name = 'contoso/evil'
  const about = { name, type: `<i>type`, title: `Title ${EVIL}`, summary: `Summary ${EVIL}` }
  await addPackage(db, { id, vendorId: vendor('contoso'), ...about, hidden: false, at })
  await setPrice(db, {
    packageId: id,
    edition: 'commerce',
    model: 'free',
    amountMinor: 0,
    currency: 'EUR',
    at,
  })
  await publishVersion(db, {
    id: mintId('ver', at, Math.random),
    packageId: id,
    tag: 'v1.0.0',
    commitSha: randomBytes(20).toString('hex'),
    treeSha: randomBytes(20).toString('hex'),
    committedAt: at,
    releasedAt: at,
    manifest: {
      name,
      type: 'metapackage',
      license: ['OSL-3.0', 'proprietary'],
      support: {
        email: 'help@contoso.example',
        issues: 'https://contoso.example/help?<b>"',
        forum: 'javascript:alert(1)',
        docs: EVIL,
      },
    },
    readme: `Readme ${EVIL}`,
    changelog: undefined,
    archive: undefined,
  })
}

const withoutOurScript = (body: string) =>
  body.replace(`<script type="module" src="${COPY_SCRIPT.path}"></script>`, '')

const get = (url: string) => app.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

/** Names of the packages a page links to, in order. */
const linkedIn = (body: string) =>
  [...body.matchAll(/href="\/packages\/([^"]+)"/g)].map(([, name = '']) => name)

describe('the catalogue', () => {
  test('the catalogue lists offered packages by name and leaves out hidden ones', async () => {
    const answer = await get('/')

    const offered = linkedIn(answer.body)
    expect(answer.statusCode).toBe(200)
    expect(offered).toContain('northwind/module-search')
    expect(offered).toEqual([...offered].sort())
    expect(answer.body).not.toContain('northwind/module-core')
  })

  test('the catalogue shows the title, the newest stable version and the lowest price of a package', async () => {
    const { body } = await get('/?q=northwind/module-search')

    const text = textOf(body)
    expect(text).toContain('Northwind Search northwind/module-search · 1.1.0')
    expect(text).toContain('from 49.00 EUR once')
    expect(text).not.toContain('2.0.0-beta1')
  })

  test.for([
    ['search typing', ['northwind/module-search', 'northwind/suite']],
    ['TYPING ERRORS', ['northwind/module-search']],
    ['module-core', []],
    ['searc_ typing', ['northwind/module-search', 'northwind/suite']],
    ['%', []],
    ['no such thing', []],
  ] as const)(
    'the catalogue search for %j finds any of its words in any case, best match first',
    async ([query, found]) => {
      const { statusCode, body } = await get(`/?q=${encodeURIComponent(query)}`)

      expect(statusCode).toBe(200)
      expect(linkedIn(body)).toEqual(found)
      expect(body).toContain(`value="${query}"`)
    },
  )

  test.for(['%EF%BF%BF', 'x'.repeat(5_000), 'search&q=stock', '%20', "'%22%3E%3Cscript%3E"])(
    'the catalogue search answers odd input number %# with 200 and no script',
    async (query) => {
      const { statusCode, body } = await get(`/?q=${query}`)

      expect(statusCode).toBe(200)
      expect(body).not.toContain('<script')
    },
  )
})

describe('the page of a package', () => {
  test.for([
    [12_500, 'KWD', '12.500 KWD'],
    [12_500, 'ISK', '125 ISK'],
    [500, 'UGX', '5 UGX'],
  ] as const)(
    'the page of a package shows %i minor units of %s as %s',
    async ([amountMinor, currency, text]) => {
      const packageId = market.package('northwind/theme-plain')
      const price = { edition: 'open-source', model: 'one_time', amountMinor, currency } as const
      await setPrice(database.db, { packageId, ...price, at: new Date() })

      expect(textOf((await get('/packages/northwind/theme-plain')).body)).toContain(`${text} once`)
    },
  )

  test('the page of a package shows prices, the vendor, the README and how to buy it', async () => {
    const { statusCode, body } = await get('/packages/northwind/module-search')

    const text = textOf(body)
    expect(statusCode).toBe(200)
    expect(body).toContain('<title>Northwind Search · packagento</title>')
    expect(text).toContain('northwind/module-search · Module · by Northwind Modules')
    expect(text).toContain('Magento Open Source 49.00 EUR once Buy Adobe Commerce 149.00 EUR once Buy')
    expect(text).toContain(
      'claude mcp add --scope user --transport http packagento https://market.example/mcp',
    )
    expect(text).toContain('Product search that forgives typing errors')
  })

  test.for([
    'northwind/module-core',
    'northwind/no-such-module',
    'Northwind/module-search',
    'northwind/module-search%00',
    '%27/%22',
  ])('the page of %s is answered with the same 404 as an unknown package', async (name) => {
    const [answer, other] = [await get(`/packages/${name}`), await get('/packages/nobody/nothing')]

    expect(answer.statusCode).toBe(404)
    expect(answer.body).toBe(other.body)
  })

  test('a package has no page while it is hidden or withdrawn, or while its vendor is suspended', async () => {
    const page = async () => (await get('/packages/fabrikam/module-labels')).statusCode
    const vendors = database.db.updateTable('vendors').where('slug', '=', 'fabrikam')
    const packages = database.db.updateTable('packages').where('name', '=', 'fabrikam/module-labels')
    const now = new Date()

    expect(await page()).toBe(200)
    for (const query of [
      [packages.set({ hidden_at: now }), packages.set({ hidden_at: null })],
      [packages.set({ withdrawn_at: now }), packages.set({ withdrawn_at: null })],
      [vendors.set({ suspended_at: now }), vendors.set({ suspended_at: null })],
    ] as const) {
      await query[0].execute()
      expect(await page()).toBe(404)
      await query[1].execute()
      expect(await page()).toBe(200)
    }
  })
})

describe('what a vendor writes', () => {
  test.for(['/', '/?q=evil', '/packages/contoso/evil', '/packages/contoso/evil/versions/1.0.0'])(
    'the text of a vendor is escaped on %s',
    async (url) => {
      const { body } = await get(url)

      expect(withoutOurScript(body)).not.toMatch(/<script|<b>|<i>/)
      expect(body).toContain(
        'Title &#60;script&#62;alert(&#34;it&#39;s&#34;)&#60;/script&#62; &#38; &#60;b&#62;',
      )
    },
  )

  test('the page of a package shows title, summary, type and readme', async () => {
    const { body } = await get('/packages/contoso/evil')

    for (const shown of ['Title &#60;', 'Summary &#60;', 'Readme &lt;', '&#60;i&#62;type'])
      expect(body).toContain(shown)
  })
})

describe('the facts of a package', () => {
  test('a package shows the licence of its code, its installs and its support, by links that name their host', async () => {
    const evil = database.db.selectFrom('packages').select('id').where('name', '=', 'contoso/evil')
    const { id: package_id } = await evil.executeTakeFirstOrThrow()
    await database.db.insertInto('package_downloads').values({ package_id, downloads: 1234 }).execute()

    const { body } = await get('/packages/contoso/evil')

    const text = textOf(body)
    expect(text).toContain('Licence of the code OSL-3.0 or proprietary')
    expect(text).toContain('E-mail: help@contoso.example Issues: contoso.example')
    expect(text).toContain('Installs 1,234, as Composer reported')
    expect(body).toContain('<a href="mailto:help@contoso.example" rel="nofollow noopener">')
    expect(body).toContain('<a href="https://contoso.example/help?%3Cb%3E%22" rel="nofollow noopener">')
    expect(body).not.toContain('javascript:')
  })

  test('a package that says nothing about support and was not installed shows neither', async () => {
    const text = textOf((await get('/packages/northwind/module-search')).body)

    expect(text).toContain('Licence of the code proprietary')
    expect(text).not.toContain('Installs')
    expect(text).not.toContain('Support')
  })
})
