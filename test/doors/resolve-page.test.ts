import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { headlessShop, plainShop } from '../support/composer-shops/index.ts'
import { aDatabase } from '../support/database.ts'
import { writtenBy } from '../support/written-events.ts'

const PATH = '/account/resolve'
const SEARCH = 'northwind/module-search'
const SUITE = 'northwind/suite'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let buyer: Visitor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  ;({ app } = await anApp(database.db))
  buyer = aVisitor(app)
  await buyer.signIn('buyer')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const json = (value: unknown) => JSON.stringify(value, null, 4)
const requiring = (name: string) => json({ require: { [name]: '*' } })

/** The text of a page without its tags. */
const textOf = ({ body }: { body: string }) =>
  (/<main.*<\/main>/s.exec(body)?.[0] ?? '').replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

async function check(fields: Record<string, string>, visitor = buyer) {
  await visitor.get(PATH)
  return visitor.post(PATH, fields)
}

const cart = () =>
  database.db
    .selectFrom('cart_items as i')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['p.name', 'i.edition'])
    .execute()

describe('the button of a shop check', () => {
  test('fills the cart of the org that was checked, also when the visitor works in another one by then', async () => {
    const dev = aVisitor(app)
    await dev.signIn('developer')
    await dev.get('/account')
    await dev.post('/account/active-org', { org: 'globex' })
    const fields = { package: SEARCH, edition: 'open-source' }
    await dev.post(`${PATH}/cart`, { ...fields, org: 'acme-retail' })
    const foreign = await dev.post(`${PATH}/cart`, { ...fields, org: 'initech' })

    const rows = database.db
      .selectFrom('cart_items as i')
      .innerJoin('orgs as o', 'o.id', 'i.org_id')
      .select('o.slug')
    expect(await rows.execute()).toEqual([{ slug: 'acme-retail' }])
    expect(foreign.statusCode).toBe(404)
    await database.db.deleteFrom('cart_items').execute()
  })
})

describe('the page that checks a shop', () => {
  test('the files of a shop are answered with states, the cheapest set and its price, and nothing is recorded', async () => {
    const { composer_json, composer_lock } = plainShop()
    const answer = await check({ composer_json: json(composer_json), lock: json(composer_lock) })

    expect(answer.statusCode).toBe(200)
    expect(textOf(answer)).toContain('3 packages without a licence for this shop')
    expect(textOf(answer)).toMatch(/northwind\/suite\s+129\.00 EUR a year/)
    expect(textOf(answer)).toContain('You save 19.00 EUR against buying them separately.')
    expect(textOf(answer)).toMatch(
      /northwind\/module-stock\s+in the suite\s+1\.2\.0 · comes with\s+northwind\/suite/,
    )
    expect(textOf(answer)).toMatch(
      /This costs least today\. Updates of yearly licences stop after a year; northwind\/module-search bought alone is paid once\./,
    )
    expect(await cart()).toEqual([])
  })

  test('the button puts exactly that set into the cart, for the edition of the shop', async () => {
    const { composer_json, composer_lock } = plainShop()
    const { body } = await check({ composer_json: json(composer_json), lock: json(composer_lock) })
    const [, edition = ''] = /name="edition" value="([^"]+)"/.exec(body) ?? []
    const names = [...body.matchAll(/name="package" value="([^"]+)"/g)].map(([, name = '']) => name)
    const [, shownOrg = ''] = /resolve\/cart">.*?name="org" value="([^"]+)"/s.exec(body) ?? []
    const answers: Awaited<ReturnType<Visitor['post']>>[] = []
    const events = await writtenBy(database.db, async () => {
      answers.push(await buyer.post(`${PATH}/cart`, { org: shownOrg, package: names, edition }))
    })

    expect(answers[0]?.statusCode).toBe(303)
    expect(answers[0]?.headers.location).toBe('/account/cart')
    expect(events.map(({ action }) => action)).toEqual(['add_to_cart'])
    expect(await cart()).toEqual([{ name: SUITE, edition: 'open-source' }])
    await database.db.deleteFrom('cart_items').execute()
  })

  test('what the lock prints is read, too, and conflicts are explained', async () => {
    const { composer_json, installed = '' } = headlessShop()
    const answer = await check({ composer_json: json(composer_json), lock: installed })

    expect(textOf(answer)).toContain('No version of fabrikam/module-labels fits ^9.0')
    expect(textOf(answer)).toContain(
      'This market serves the packages of northwind, and has no northwind/module-serach.',
    )
  })

  test('the licences of the chosen project count', async () => {
    const { id, slug } = await aProject(market, { name: 'Covered shop' })
    await aLicence(market, { package: SEARCH, project: id })
    const form = await buyer.get(`${PATH}?project=${slug}`)
    const answer = await buyer.post(PATH, { composer_json: requiring(SEARCH), project: slug })

    expect(form.body).toMatch(new RegExp(`value="${slug}" selected`))
    expect(textOf(answer)).toContain('Nothing has to be bought')
  })

  test('a shop without packages of this market gets a message that says so', async () => {
    const answer = await check({ composer_json: requiring('monolog/monolog') })

    expect(textOf(answer)).toContain('One package of other sources. Nothing has to be bought here.')
    expect(textOf(await check({ composer_json: '{}' }))).not.toContain('of other sources')
  })

  test.for([
    ['a text that is no JSON', { composer_json: '{' }, 'This is no JSON. Copy the whole file.'],
    ['nothing', {}, 'This is no JSON. Copy the whole file.'],
    ['a sentence as the lock', { composer_json: '{}', lock: 'none' }, 'Paste composer.lock, or lines'],
    ['an unknown project', { composer_json: '{}', project: 'no-such' }, 'Choose a project of this org'],
  ] as const)('%s shows the form again with what to correct', async ([, fields, error]) => {
    const answer = await check(fields)

    expect(answer.statusCode).toBe(400)
    expect(textOf(answer)).toContain(error)
    expect(answer.body).toContain('aria-invalid="true"')
  })

  test('a file with markup is shown as text', async () => {
    const answer = await check({ composer_json: '</textarea><script>alert(1)</script>' })

    expect(answer.body).not.toContain('<script>')
    expect(answer.body).toContain('&#60;/textarea&#62;')
  })

  test('a form of more than three megabytes is refused', async () => {
    expect((await check({ composer_json: '{}', lock: 'x'.repeat(3 * 1024 * 1024) })).statusCode).toBe(413)
  })

  test('a form of a million fields is answered at once, and read only from who is signed in', async () => {
    const body = 'a&'.repeat(1_000_000)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', host: 'market.example' }
    const since = process.cpuUsage()
    const anonymous = await app.inject({ method: 'POST', url: PATH, headers, payload: body })
    const cookie = [...buyer.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const own = await app.inject({
      method: 'POST',
      url: PATH,
      headers: { ...headers, cookie },
      payload: body,
    })

    expect(anonymous.headers.location).toBe('/sign-in?continue=%2F')
    expect(own.statusCode).toBe(403)
    expect(process.cpuUsage(since).user / 1e6).toBeLessThan(1)
  })

  test('a viewer sees what is missing, and neither prices nor the button', async () => {
    const viewer = aVisitor(app)
    await viewer.signIn('viewer')
    const answer = await check({ composer_json: requiring(SEARCH) }, viewer)

    expect(textOf(answer)).toContain('A member who may fill the cart sees the prices.')
    expect(answer.body).not.toMatch(/EUR|Put into the cart/)
    expect(
      (await viewer.post(`${PATH}/cart`, { org: 'acme-retail', package: SEARCH, edition: 'open-source' }))
        .statusCode,
    ).toBe(403)
    expect(await cart()).toEqual([])
  })

  test('who is not signed in is asked to sign in', async () => {
    const answer = await aVisitor(app).get(PATH)

    expect(answer.headers.location).toBe('/sign-in?continue=%2Faccount%2Fresolve')
  })
})
