import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CUSTOMER_AREA, FOOTER } from '../../src/api/customer-area/navigation.ts'
import { aMarket } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** Bea: owner of Acme Retail, viewer of Globex. */
async function signedIn(name = 'buyer') {
  const visitor = aVisitor(app)
  await visitor.signIn(name)
  await visitor.get('/account')
  return visitor
}
const get = (url: string, on = app) =>
  on.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

describe('the links of the shell', () => {
  test('every link of the navigation and the footer leads to a page', async () => {
    const bea = await signedIn()

    for (const { href, text } of [...CUSTOMER_AREA, ...FOOTER]) {
      const { statusCode, body } = await bea.get(href)
      expect([text, statusCode]).toEqual([text, 200])
      expect(body).toContain(`href="${href}"`)
    }
  })

  test('the customer area marks the current page and shows the way up', async () => {
    const bea = await signedIn()
    const area = (body: string) => /<nav class="side".*?<\/nav>/s.exec(body)?.[0] ?? ''

    const [overview, cards] = [
      (await bea.get('/account')).body,
      (await bea.get('/account/payment-methods')).body,
    ]

    expect(area(overview)).toMatch(/href="\/account" aria-current="page"/)
    expect(area(cards).match(/aria-current/g)).toHaveLength(1)
    expect(area(cards)).toMatch(/href="\/account\/payment-methods" aria-current="page"/)
    expect(cards).toMatch(/aria-label="Breadcrumb">.*href="\/account">Overview/s)
    expect(area((await bea.get('/')).body)).toBe('')
    expect(area((await bea.get('/accounts')).body)).toBe('')
  })

  test('a visitor who is not signed in sees no links of the customer area', async () => {
    const { body, statusCode } = await get('/account/nothing-here')

    expect(statusCode).toBe(404)
    expect(body).not.toContain('class="side"')
    expect((await get('/account')).headers['location']).toBe('/sign-in?continue=%2Faccount')
  })

  test.for([
    ['/o/some-link', 'Sign in as the person whose assistant asked.'],
    ['/connect/some-request', 'Sign in as the person whose assistant asked.'],
    ['/device', 'Sign in as the person whose assistant asked.'],
    ['/account/cart/add?package=northwind/module-search', 'Sign in to buy.'],
    ['/account', 'Sign in to see that page.'],
  ] as const)('a visitor whom the link %s led to the sign-in reads why', async ([back, why]) => {
    const { body } = await get(`/sign-in?continue=${encodeURIComponent(back)}`)

    expect(body).toContain(why)
    expect(body).toContain(`name="continue" value="${back}"`)
  })
})

describe('the pages of a signed-in person with a password or a code', () => {
  test.for(['/account/password', '/account/email', '/account/second-factor', '/device'])(
    'the page %s allows no script',
    async (url) => {
      const bea = await signedIn()

      const { statusCode, headers, body } = await bea.get(url)

      expect(statusCode).toBe(200)
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).not.toContain('script-src')
      expect(body).not.toContain('<script')
    },
  )
})

describe('the page about privacy', () => {
  test('a page sets only the cookies that the page about privacy names, and no script can read them', async () => {
    const visitor = aVisitor(app)
    const set = [
      ...(await visitor.get('/sign-in')).cookies,
      ...(await visitor.signIn('buyer')).cookies,
      ...(await visitor.get('/account/team')).cookies,
    ]

    const { body } = await visitor.get('/privacy')

    const named = set.map(({ name, httpOnly, maxAge }) => [name, httpOnly, maxAge])
    expect(new Set(named.map(String))).toEqual(
      new Set(['__Host-csrf,true,', `__Host-session,true,${30 * 86_400}`]),
    )
    expect(body).toMatch(/keeps you signed in, for at most\s+30 days/)
    expect(body).toMatch(/protects forms, until you\s+close the browser/)
    expect((await visitor.get('/terms')).body).toContain('href="/privacy"')
  })

  test('the contents of the page about privacy lead to its parts', async () => {
    const { body } = await aVisitor(app).get('/privacy')
    const linked = [...body.matchAll(/href="#(\w+)">([^<]+)</g)].filter(([, id]) => id !== 'main')

    expect(linked.length).toBeGreaterThan(4)
    for (const [, id, title] of linked)
      expect(body).toMatch(new RegExp(`id="${id}"\\s*>\\s*<h2>${title}</h2>`))
    expect(body).toMatch(/Last changed on\s+<time datetime="2026-11-30/)
  })
})

describe('the overview', () => {
  test('the overview counts what the active org has, and not what other orgs have', async () => {
    const bea = await signedIn()
    const projects = async () =>
      />Projects<\/a><\/dt>\s*<dd>(\d+)</.exec((await bea.get('/account')).body)?.[1]

    const inAcme = await projects()
    await bea.post('/account/active-org', { org: 'globex' })

    expect([inAcme, await projects()]).toEqual(['1', '0'])
  })

  test.for([
    ['nocard', true],
    ['buyer', false],
    ['viewer', false],
  ] as const)('the overview of the person %s asks for a card: %s', async ([name, asks]) => {
    const { body } = await (await signedIn(name)).get('/account')

    expect(body.includes('No card is saved')).toBe(asks)
  })

  test('the overview of a person without an org says what to do', async () => {
    const { statusCode, body } = await (await signedIn('operator')).get('/account')

    expect(statusCode).toBe(200)
    expect(body).toContain('You are in no org yet')
  })
})

describe('the headers of pages', () => {
  test.for([
    ['/', true],
    ['/account/nothing', true],
    ['/sign-in-elsewhere', true],
    ['/sign-in', false],
    ['/sign-in?continue=/', false],
    ['/connect/x', false],
    ['/oauth/authorize', false],
  ] as const)(
    'the headers of the page %s separate it from the window that opened it: %s',
    async ([url, isSeparate]) => {
      const { headers } = await get(url)

      expect(headers['cross-origin-opener-policy']).toBe(isSeparate ? 'same-origin' : undefined)
      expect(headers['permissions-policy']).toContain('camera=()')
      expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8}$/)
    },
  )

  test('a market without https requires no https', async () => {
    const { app: local } = await anApp(database.db, { publicUrl: 'http://127.0.0.1:3831' })

    const { headers } = await local.inject({ url: '/', headers: { host: '127.0.0.1:3831' } })
    await local.close()

    expect(headers['strict-transport-security']).toBeUndefined()
    expect(headers['content-security-policy']).toContain("font-src 'self'")
  })
})

describe('the page of components', () => {
  test('the page of components exists in development only', async () => {
    const { app: production } = await anApp(database.db, { isProduction: true })

    expect((await get('/_components')).statusCode).toBe(200)
    expect((await get('/_components', production)).statusCode).toBe(404)
    await production.close()
  })
})
