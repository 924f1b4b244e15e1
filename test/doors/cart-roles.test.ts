import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { buyFields, CART, fillCart } from '../support/a-browser-cart.ts'
import { textOf } from '../support/text-of.ts'
import { LABELS, SEARCH, STOCK } from '../support/two-vendors.ts'

const org = 'acme-retail'

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

async function aPerson(name: string): Promise<Visitor> {
  const visitor = await doors.signedIn(name)
  await visitor.post('/account/active-org', { org })
  return visitor
}
const withCart = async () => fillCart(await aPerson('buyer'), [SEARCH], org)
const started = async () => (await doors.db.selectFrom('operations').select('id').execute()).length

test.for([
  ['viewer', 403, 403, 403],
  ['developer', 200, 303, 403],
  ['billing', 200, 303, 303],
  ['vendor', 200, 404, 404],
] as const)(
  '%s sees a cart with %i, fills that of the org with %i, and buys it with %i',
  async ([name, sees, fills, buys]) => {
    const fields = buyFields(await (await withCart()).get(CART))
    const [visitor, before] = [await aPerson(name), await started()]

    const page = await visitor.get(CART)
    const added = await visitor.post(`${CART}/add`, { org, package: LABELS })
    const bought = await visitor.post(`${CART}/checkout`, fields)
    const removed = await visitor.post(`${CART}/remove`, { org, package: LABELS })

    // only a role that fills the cart finds it in the header
    const shown = await visitor.get('/docs')
    expect(shown.body.includes(`href="${CART}"`)).toBe(sees === 200)
    expect([page.statusCode, added.statusCode, bought.statusCode]).toEqual([sees, fills, buys])
    expect(removed.statusCode).toBe(fills)
    expect((await started()) - before).toBe(buys === 303 ? 1 : 0)
  },
)

test('a developer reads who may buy, and gets no form to buy', async () => {
  await withCart()
  const { body } = await (await aPerson('developer')).get(CART)

  expect(textOf(body)).toContain('Your role, developer, does not buy')
  expect(textOf(body)).toContain('Bea Buyer')
  expect(body).not.toContain('/account/cart/checkout')
})

test('a person who was a buyer when the page was shown, and is none when the form is sent, buys nothing', async () => {
  const bea = await withCart()
  const fields = buyFields(await bea.get(CART))
  const member = doors.db
    .updateTable('org_members')
    .where('role', 'in', ['owner', 'viewer'])
    .where('org_id', 'in', (of) => of.selectFrom('orgs').select('id').where('slug', '=', org))
    .where('customer_id', 'in', (of) =>
      of.selectFrom('customers').select('id').where('email_norm', '=', 'buyer@example.test'),
    )
  await member.set({ role: 'viewer' }).execute()
  const before = await started()
  const { statusCode } = await bea.post(`${CART}/checkout`, fields)
  await member.set({ role: 'owner' }).execute()

  expect([statusCode, (await started()) - before]).toEqual([403, 0])
})

test('a viewer finds no button to buy on the page of a package, and who is not signed in is led to the page that adds it', async () => {
  const page = `/packages/${SEARCH}`
  const viewer = await (await aPerson('viewer')).get(page)
  const stranger = await aVisitor(doors.app).get(page)

  expect(viewer.body).not.toContain('/account/cart/add')
  expect(textOf(viewer.body)).toContain(
    'Your role in Acme Retail, viewer, does not buy. Ask a member who is owner, admin, billing, or',
  )
  expect(stranger.body).toContain(`/sign-in?continue=${encodeURIComponent(`${CART}/add?package=`)}`)
  expect(stranger.body).not.toContain('<form method="post" action="/account/cart/add"')
})

test('a role that assigns no licences is promised no project, old or new', async () => {
  const { id } = await aProject(doors.market)
  await withCart()
  const bill = await aPerson('billing')

  for (const query of [`project=${id}`, 'project=new&new_name=Not+theirs'])
    expect(textOf((await bill.get(`${CART}?${query}`)).body)).toContain('For no project: the licences stay')
})

test('the cart asks everybody who may change billing details for them, and buying works without them', async () => {
  await withCart()
  const asks = async (name: string) =>
    textOf((await (await aPerson(name)).get(CART)).body).includes('To whom is the invoice made out?')

  expect([await asks('buyer'), await asks('billing'), await asks('developer')]).toEqual([true, true, false])
  const { body } = await (await aPerson('buyer')).get(CART)
  expect(body).toContain('formaction="/account/cart/checkout"')
  expect(body).toMatch(/billing\?org=acme-retail&#38;continue=%2Faccount%2Fcart/)
})

test('a package without an edition has only the price of the project, and what it needs is added for that edition', async () => {
  const { id: project } = await aProject(doors.market, { edition: 'commerce' })
  const bea = await withCart()
  await sql`update cart_items set edition = null`.execute(doors.db)
  await sql`alter table versions disable trigger user`.execute(doors.db)
  await sql`update versions set manifest = (manifest::jsonb || ${JSON.stringify({ require: { [STOCK]: '*' } })}::jsonb)
             where package_id = ${doors.market.package(SEARCH)}`.execute(doors.db)

  const { body } = await bea.get(`${CART}?project=${project}`)

  expect(textOf(body)).toContain('149.00 EUR')
  expect(textOf(body)).not.toMatch(/(?<!\d)49\.00 EUR/)
  const [, added = ''] = /(<form[^>]*action="\/account\/cart\/add".*?<\/form>)/s.exec(body) ?? []
  expect(added).toContain(`name="package" value="${STOCK}"`)
  expect(added).toContain('name="edition" value="commerce"')
})

test('a new project needs a name before there is a price', async () => {
  const { body } = await (await withCart()).get(`${CART}?project=new&new_domain=Not+a+host`)

  expect(textOf(body)).toContain('Enter a name of at most 100 characters.')
  expect(textOf(body)).toContain('Enter a host name in lower case, such as shop.example.')
  expect(body).not.toContain('/account/cart/checkout')
})

test.for(['quo_1_2_3', ''])(
  'a form with the quote %j starts nothing and shows the price anew',
  async (quote) => {
    const bea = await withCart()
    const before = await started()

    const { statusCode, body } = await bea.post(`${CART}/checkout`, {
      ...buyFields(await bea.get(CART)),
      quote,
    })

    expect(statusCode).toBe(409)
    expect(textOf(body)).toContain('Look at the price that is shown now')
    expect((await started()) - before).toBe(0)
  },
)
