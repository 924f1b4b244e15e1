import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicPackage } from '#domain/catalogue'
import { addMember } from '#domain/orgs'
import { aMarket, type Market } from '../support/a-market.ts'
import { auditOf } from '../support/a-member.ts'
import { aFollowedTags } from '../support/a-followed-tags.ts'
import {
  aSignedInVisitor,
  hiddenIn,
  mainOf,
  PACKAGES,
  pageOfPackage,
  PRICES,
  WRONG_FORMS,
} from '../support/a-package-page.ts'
import { aVisitor, titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let version: string
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  version = await aFollowedTags(market, SEARCH)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const signedIn = (name: string) => aSignedInVisitor(app, name)
const pageOf = (name: string, ...more: string[]) => pageOfPackage(market, name, ...more)
const lastEvent = async (org = 'northwind') => (await auditOf(database.db, market.org(org))).at(-1)

describe('the list of the packages of a vendor', () => {
  test('the list shows visibility, versions, the newest tag, the sync and the price of each package', async () => {
    const text = await mainOf(await signedIn('vendor'), PACKAGES)

    expect(text).toContain(`href="${pageOf(SEARCH)}"`)
    expect(text).toMatch(/Northwind Search<\/a>\s*<span class="badge good">Public/)
    expect(text).toMatch(/4 versions, newest <span class="mono">v1.1.0</)
    expect(text).toContain('from 49.00 EUR once')
    expect(text).toMatch(/Northwind Core<\/a>\s*<span class="badge info">Hidden part/)
    expect(text).toContain('Not published from Git')
  })

  test('an org without packages sees how to publish one, and other roles see nothing', async () => {
    const vendor = await signedIn('nocard')
    expect(await mainOf(vendor, PACKAGES)).toContain('Become a vendor first')

    expect(await mainOf(await signedIn('viewer'), PACKAGES)).toContain('Nothing to see here')
    expect((await aVisitor(app).get(PACKAGES)).headers.location).toContain('/sign-in?continue=')
  })
})

describe('the page of a package', () => {
  test('the page of a package shows the hook, each version with its checks, and skipped tags as plain text', async () => {
    const text = await mainOf(await signedIn('vendor'), pageOf(SEARCH))

    expect(text).toContain('git.example')
    expect(text).toMatch(/missing<\/span>\s*<a href="\/account\/git\/hooks\//)
    expect(text).toContain('1 fails')
    expect(text).toContain('&#60;script&#62;nightly')
    expect(text).not.toMatch(/<script>|\u202E/)
  })

  test('the page of a version shows every check with its result', async () => {
    const text = await mainOf(await signedIn('vendor'), pageOf(SEARCH, 'versions', version))

    expect(text).toMatch(/secrets<\/td>\s*<td\s*><span class="badge bad">fail/)
    expect(text).toContain('A key is in &#60;b&#62;config.php')
  })

  test('people of other orgs find no page of a package', async () => {
    const urls = [[], ['versions', version], ['versions', version, 'withdraw']].map((more) =>
      pageOf(SEARCH, ...more),
    )
    for (const name of ['buyer', 'newvendor']) {
      const visitor = await signedIn(name)
      for (const url of urls)
        expect([name, url, (await visitor.get(url)).statusCode]).toEqual([name, url, 404])
    }
    const unknown = pageOf(SEARCH, 'versions', 'ver_nothing')
    expect((await (await signedIn('vendor')).get(unknown)).statusCode).toBe(404)
  })
})

describe('the forms of a package page', () => {
  test('the texts are saved once, are escaped, and are audited as update_package', async () => {
    const visitor = await signedIn('vendor')
    const hidden = hiddenIn((await visitor.get(pageOf(SEARCH))).body)
    const fields = { ...hidden, title: 'Search & find', summary: 'It finds.' }

    const [first, again] = [
      await visitor.post(pageOf(SEARCH, 'texts'), fields),
      await visitor.post(pageOf(SEARCH, 'texts'), fields),
    ]

    for (const { statusCode, headers } of [first, again])
      expect([statusCode, headers.location]).toEqual([303, `${pageOf(SEARCH)}?saved=texts`])
    expect(await mainOf(visitor, `${pageOf(SEARCH)}?saved=texts`)).toContain('The texts are saved.')
    expect((await visitor.get(PACKAGES)).body).toContain('Search &#38; find')
    expect(await lastEvent()).toMatchObject({
      action: 'update_package',
      customer: market.person('vendor'),
      detail: { title_before: 'Northwind Search', title_after: 'Search & find' },
    })
  })

  test('a page that was opened before another change of the package is refused', async () => {
    const visitor = await signedIn('vendor')
    const old = hiddenIn((await visitor.get(pageOf(SEARCH))).body)
    await visitor.post(pageOf(SEARCH, 'texts'), { ...old, title: 'Newer', summary: '' })

    const late = { ...old, key: randomUUID(), ...PRICES }
    const { statusCode, body } = await visitor.post(pageOf(SEARCH, 'prices'), late)

    expect([statusCode, body]).toEqual([409, expect.stringContaining('Open the package again')])
  })

  test('prices are saved for each edition, and an edition that is not sold has none', async () => {
    const visitor = await signedIn('vendor')
    const fields = hiddenIn((await visitor.get(pageOf(STOCK))).body)

    expect((await visitor.post(pageOf(STOCK, 'prices'), { ...fields, ...PRICES })).statusCode).toBe(303)

    expect((await findPublicPackage(database.db, STOCK))?.prices).toEqual([
      { edition: 'open-source', model: 'free', amountMinor: 0, currency: 'EUR' },
      { edition: 'commerce', model: 'yearly', amountMinor: 9_900, currency: 'EUR' },
    ])
    expect(await lastEvent()).toMatchObject({ action: 'update_package' })
  })

  test.for(WRONG_FORMS)(
    'a wrong form %s %j is shown again with what was typed, and is audited with its reason',
    async ([form, sent, says, code]) => {
      const visitor = await signedIn('vendor')
      const fields = hiddenIn((await visitor.get(pageOf(STOCK))).body)
      const before = await findPublicPackage(database.db, STOCK)

      const { statusCode, body } = await visitor.post(pageOf(STOCK, form), { ...fields, ...sent })

      expect([statusCode, titleAndMainOf(body)]).toEqual([422, expect.stringContaining(says)])
      const typed =
        'amount_commerce' in sent
          ? `name="amount_commerce" type="text" value="${sent.amount_commerce}"`
          : says
      expect(body.replaceAll(/\s+/g, ' ')).toContain(typed)
      expect(await lastEvent()).toMatchObject({ outcome: 'refused', code })
      expect(await findPublicPackage(database.db, STOCK)).toEqual(before)
    },
  )

  test('the visibility is saved and audited as set_package_visibility, and a part without a price cannot be shown', async () => {
    const visitor = await signedIn('vendor')
    const shows = async (name: string, visibility: string) =>
      visitor.post(pageOf(name, 'visibility'), {
        ...hiddenIn((await visitor.get(pageOf(name))).body),
        visibility,
      })

    expect((await shows(STOCK, 'withdrawn')).statusCode).toBe(303)

    expect(await findPublicPackage(database.db, STOCK)).toBeUndefined()
    expect(await lastEvent()).toMatchObject({
      action: 'set_package_visibility',
      detail: { before: 'public', after: 'withdrawn' },
    })
    expect((await shows(STOCK, 'public')).statusCode).toBe(303)
    expect((await shows('northwind/module-core', 'public')).body).toContain('has no price')
  })

  test('a look at the tags is asked for once per form, as by sync_package, and is audited as start_operation', async () => {
    const visitor = await signedIn('vendor')
    const fields = hiddenIn((await visitor.get(pageOf(SEARCH))).body)
    for (const _ of [1, 2])
      expect((await visitor.post(pageOf(SEARCH, 'sync'), fields)).headers.location).toBe(
        `${pageOf(SEARCH)}?saved=sync`,
      )

    const started = await database.db
      .selectFrom('operations')
      .select(['story', 'input'])
      .where('idempotency_key', '=', fields.key ?? '')
      .execute()
    expect(started).toEqual([{ story: 'sync_package', input: { package: SEARCH } }])
    expect(await lastEvent()).toMatchObject({ action: 'start_operation', detail: { story: 'sync_package' } })
  })

  test('a version is withdrawn after a page that asks for the public reason, and this is audited as withdraw_version', async () => {
    const visitor = await signedIn('vendor')
    const url = pageOf(SEARCH, 'versions', version)
    expect(await mainOf(visitor, `${url}/withdraw`)).toContain('It leaves the registry for good')

    const refused = await visitor.post(`${url}/withdraw`, { reason: ' ' })
    expect(await lastEvent()).toMatchObject({ outcome: 'refused', code: 'reason_invalid' })
    const done = await visitor.post(`${url}/withdraw`, { reason: 'Loses orders' })

    expect([refused.statusCode, refused.body]).toEqual([422, expect.stringContaining('The reason has to be')])
    expect([done.statusCode, done.headers.location]).toEqual([303, `${url}?saved=withdrawn`])
    expect(await mainOf(visitor, `${url}?saved=withdrawn`)).toContain('It is withdrawn.')
    expect(await lastEvent()).toMatchObject({
      action: 'withdraw_version',
      detail: { reason: 'Loses orders' },
    })
  })

  test('a developer publishes but does not change the offer, and a foreign form changes nothing', async () => {
    const { db } = database
    const of = { org: market.org('northwind'), customer: market.person('developer') }
    await addMember(db, { ...of, role: 'developer', at: new Date() })
    const developer = await signedIn('developer')
    const page = await developer.get(pageOf(STOCK))
    expect(page.body).toMatch(/^(?!.*Save prices).*An owner or admin of this org changes texts/s)
    const before = await findPublicPackage(db, STOCK)

    for (const [form, fields] of [
      ['texts', { title: 'X' }],
      ['prices', PRICES],
      ['visibility', { visibility: 'hidden' }],
    ] as const)
      expect((await developer.post(pageOf(STOCK, form), fields)).statusCode).toBe(403)
    expect((await developer.post(pageOf(SEARCH, 'sync'))).statusCode).toBe(303)

    const vendor = await signedIn('vendor')
    const own = hiddenIn((await vendor.get(pageOf(STOCK))).body)
    const send = (visitor: Visitor, more: object, headers = {}) =>
      visitor.post(pageOf(STOCK, 'texts'), { ...own, title: 'X', ...more }, headers)
    const sent = [
      await send(vendor, { _csrf: undefined }),
      await send(vendor, {}, { origin: 'https://evil.example' }),
      await send(vendor, { revision: undefined }),
    ]
    expect(sent.map(({ statusCode }) => statusCode)).toEqual([403, 403, 409])
    const buyer = await signedIn('buyer')
    await buyer.get('/account')
    expect((await send(buyer, {})).statusCode).toBe(404)
    expect(await findPublicPackage(db, STOCK)).toEqual(before)
    expect(await lastEvent('northwind')).toMatchObject({ outcome: 'refused' })
  })
})
