import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'
import { CART } from '../support/a-browser-cart.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aVisitor, titleAndMainOf } from '../support/a-visitor.ts'
import { textOf } from '../support/text-of.ts'
import { SEARCH } from '../support/two-vendors.ts'

const HELLO = 'northwind/module-hello'
const ADD = `${CART}/add`
const ofSearch = `${ADD}?${new URLSearchParams({ package: SEARCH, edition: 'open-source' }).toString()}`

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const main = (body: string) => textOf(titleAndMainOf(body))
const cartRows = async () =>
  (await doors.db.selectFrom('cart_items').select('package_id').execute()).map((row) => row.package_id)

/** Where the first button of the page leads a visitor who is not signed in. */
async function signInFrom(name: string): Promise<string> {
  const { body } = await aVisitor(doors.app).get(`/packages/${name}`)
  return /href="(\/sign-in\?continue=%2Faccount%2Fcart%2Fadd[^"]*)"/.exec(body)?.[1] ?? 'no such link'
}

describe('a visitor who wants to buy and is not signed in', () => {
  test('reads why to sign in, comes back to the package and its price, and adds it with one button', async () => {
    const visitor = aVisitor(doors.app)
    const signIn = await visitor.get(await signInFrom(SEARCH))
    const [, back = ''] = /name="continue" value="([^"]+)"/.exec(signIn.body) ?? []
    const landed = await visitor.post('/sign-in', {
      email: 'buyer@example.test',
      password: SANDBOX_PASSWORD,
      continue: back.replaceAll('&#38;', '&'),
    })

    expect(main(signIn.body)).toContain('Sign in to buy.')
    expect(landed.headers.location).toBe(ofSearch)
    const asked = await visitor.get(ofSearch)
    for (const part of [
      SEARCH,
      'Northwind',
      'Magento Open Source',
      '49.00 EUR once',
      'Nothing is bought yet',
    ])
      expect(main(asked.body)).toContain(part)
    expect(await cartRows()).toEqual([])
    const sent = { org: 'acme-retail', package: SEARCH, edition: 'open-source' }
    for (const [name, value] of Object.entries(sent))
      expect(titleAndMainOf(asked.body)).toContain(`name="${name}" value="${value}"`)
    expect((await visitor.post(ADD, sent)).headers.location).toMatch(`${CART}?added=`)
    expect(await cartRows()).toEqual([doors.market.package(SEARCH)])
  })

  test('signs in to get what is free', async () => {
    const { body } = await aVisitor(doors.app).get(await signInFrom(HELLO))

    expect(main(body)).toContain('Sign in to get it.')
  })

  test.for([`/${ofSearch}`, `https://evil.example${ofSearch}`, `/.//evil.example${ADD}`])(
    'is not led to another site by %s',
    async (back) => {
      const { body } = await aVisitor(doors.app).get(`/sign-in?continue=${encodeURIComponent(back)}`)

      expect(body).toMatch(/name="continue" value="\/(?!\/)[^"]*"/)
      expect(body).not.toContain('evil.example"')
      expect(main(body)).not.toContain('Sign in to buy.')
    },
  )
})

describe('the page that adds a package to the cart', () => {
  test.for([
    ['a package that does not exist', 'package=northwind%2Fnothing&edition=open-source'],
    ['an edition that is not sold', `package=${encodeURIComponent(SEARCH)}&edition=cloud`],
    ['no edition', `package=${encodeURIComponent(SEARCH)}`],
    ['nothing', ''],
  ])('does not exist for %s', async ([, query]) => {
    const bea = await doors.signedIn()

    const { statusCode, body } = await bea.get(`${ADD}?${query}`)

    expect([statusCode, main(body).includes('There is nothing here')]).toEqual([404, true])
  })

  test('leads to the package, which says why, when it cannot be bought', async () => {
    const vendor = doors.db.updateTable('vendors').where('slug', '=', 'northwind')
    await vendor.set({ payable_since: null }).execute()
    const bea = await doors.signedIn()

    const { statusCode, headers } = await bea.get(ofSearch)
    await vendor.set({ payable_since: new Date() }).execute()

    expect([statusCode, headers.location]).toEqual([303, `/packages/${SEARCH}`])
  })

  test('offers a person without an org to create one, as the page of the package does', async () => {
    const customer = doors.market.person('nocard')
    await doors.db.deleteFrom('org_members').where('customer_id', '=', customer).execute()
    const noa = aVisitor(doors.app)
    await noa.signIn('nocard')

    const [asked, shown] = [await noa.get(ofSearch), await noa.get(`/packages/${SEARCH}`)]

    expect(main(asked.body)).toContain('You are in no org yet')
    expect(main(shown.body)).toContain('You are in no org yet. Create an org to get it.')
    for (const { body } of [asked, shown]) {
      expect(titleAndMainOf(body)).toContain('href="/account/orgs/new"')
      expect(titleAndMainOf(body)).not.toContain(`action="${ADD}"`)
    }
  })

  test('asks a person who lost their org to choose another one, and says the same on the page of the package', async () => {
    const member = { customer_id: doors.market.person('developer'), org_id: doors.market.org('acme-retail') }
    const dev = aVisitor(doors.app)
    await dev.signIn('developer')
    await dev.get('/')
    await dev.post('/account/active-org', { org: 'acme-retail' })
    await doors.db
      .deleteFrom('org_members')
      .where('customer_id', '=', member.customer_id)
      .where('org_id', '=', member.org_id)
      .execute()

    const [asked, shown] = [await dev.get(ofSearch), await dev.get(`/packages/${SEARCH}`)]

    expect([asked.statusCode, asked.headers.location]).toEqual([303, '/account'])
    expect(main(shown.body)).toMatch(/Choose the org that gets it|Create an org to get it/)
  })
})
