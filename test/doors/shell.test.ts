import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyChain } from '#domain/audit'
import { addMember } from '#domain/orgs'
import { CUSTOMER_AREA, FOOTER } from '../../src/api/customer-area/navigation.ts'
import { aMarket, type Market } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const ACTIVE_ORG = '/account/active-org'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
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
const orgOf = (body: string) => /class="org-name">([^<]*)</.exec(body)?.[1]
const get = (url: string, on = app) =>
  on.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

/** The events of Bea's own chain about the choice of an org. */
async function choices() {
  const rows = await database.db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', `customer:${market.person('buyer')}`)
    .orderBy('seq')
    .execute()
  return rows
    .map(
      ({ body }) => JSON.parse(body) as { action: string; detail?: object; org?: string; request?: string },
    )
    .filter(({ action }) => action === 'choose_active_org')
}

describe('the org menu', () => {
  test('a person chooses the org they work in, comes back to the same page, and the audit log has it', async () => {
    const bea = await signedIn()
    const before = (await choices()).length

    const shown = orgOf((await bea.get('/account')).body)
    const chosen = await bea.post(ACTIVE_ORG, { org: 'globex', continue: '/account/payment-methods?x=1' })

    expect(shown).toBe('Acme Retail')
    expect([chosen.statusCode, chosen.headers.location]).toEqual([303, '/account/payment-methods?x=1'])
    expect(orgOf((await bea.get('/')).body)).toBe('Globex')
    const [event, ...more] = (await choices()).slice(before)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      org: market.org('globex'),
      detail: { to: market.org('globex') },
      request: chosen.headers['x-request-id'],
    })
    expect(await verifyChain(database.db, `customer:${market.person('buyer')}`)).toMatchObject({
      intact: true,
    })
  })

  test('choosing the org that is active already is not audited again', async () => {
    const bea = await signedIn()
    await bea.post(ACTIVE_ORG, { org: 'globex' })
    const before = (await choices()).length

    await bea.post(ACTIVE_ORG, { org: 'globex' })

    expect(await choices()).toHaveLength(before)
  })

  test('two choices at the same time leave one active org and an unbroken audit log', async () => {
    const bea = await signedIn()
    const before = (await choices()).length

    const answers = await Promise.all(
      ['globex', 'acme-retail', 'globex', 'acme-retail'].map((org) => bea.post(ACTIVE_ORG, { org })),
    )

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303, 303, 303])
    const added = (await choices()).slice(before)
    const names = { [market.org('globex')]: 'Globex', [market.org('acme-retail')]: 'Acme Retail' }
    expect(orgOf((await bea.get('/')).body)).toBe(names[added.at(-1)?.org ?? ''])
    // each event begins where the one before it ended
    const details = added.map(({ detail }) => detail as { from?: string; to: string })
    expect(details.slice(1).map(({ from }) => from)).toEqual(details.slice(0, -1).map(({ to }) => to))
  })

  test('the choice belongs to one browser', async () => {
    const [one, other] = [await signedIn(), await signedIn()]

    await one.post(ACTIVE_ORG, { org: 'globex' })

    expect(orgOf((await other.get('/')).body)).toBe('Acme Retail')
  })

  test.for(['hooli', 'no-such-org', '', '%00', "' or 1=1"])(
    'a person cannot choose the org %j, of which they are no member',
    async (org) => {
      const bea = await signedIn()
      const before = (await choices()).length

      const { statusCode, body } = await bea.post(ACTIVE_ORG, { org: decodeURIComponent(org) })

      expect(statusCode).toBe(404)
      expect(body).toContain('that you belong to')
      expect(orgOf((await bea.get('/')).body)).toBe('Acme Retail')
      expect(await choices()).toHaveLength(before)
    },
  )

  test('a person who has left the chosen org works in their first org again', async () => {
    const dev = await signedIn('developer')
    const [org, customer] = [market.org('northwind'), market.person('developer')]
    await addMember(database.db, { org, customer, role: 'viewer', at: new Date() })
    await dev.get('/account')
    await dev.post(ACTIVE_ORG, { org: 'northwind' })
    expect(orgOf((await dev.get('/')).body)).toBe('Northwind')

    await database.db
      .deleteFrom('org_members')
      .where('org_id', '=', org)
      .where('customer_id', '=', customer)
      .execute()

    expect(orgOf((await dev.get('/')).body)).toBe('Acme Retail')
    expect((await dev.post(ACTIVE_ORG, { org: 'northwind' })).statusCode).toBe(404)
  })

  test('the org menu leads to no other site and accepts only its own form', async () => {
    const bea = await signedIn()

    for (const back of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
      expect((await bea.post(ACTIVE_ORG, { org: 'acme-retail', continue: back })).headers.location).toBe('/')
    expect((await bea.post(ACTIVE_ORG, { org: 'globex', _csrf: undefined })).statusCode).toBe(403)
    expect(
      (await bea.post(ACTIVE_ORG, { org: 'globex' }, { 'sec-fetch-site': 'cross-site' })).statusCode,
    ).toBe(403)
    expect(orgOf((await bea.get('/')).body)).toBe('Acme Retail')
  })

  test('a visitor who is not signed in has no org menu and is sent to the sign-in', async () => {
    const stranger = aVisitor(app)
    const { body } = await stranger.get('/sign-in')

    expect(orgOf(body)).toBeUndefined()
    expect((await stranger.post(ACTIVE_ORG, { org: 'globex' })).headers.location).toBe(
      '/sign-in?continue=%2F',
    )
  })

  test('the org menu escapes the names of orgs', async () => {
    const evil = `"><script>alert('x')</script>`
    const rename = (name: string) =>
      database.db.updateTable('orgs').set({ name }).where('slug', '=', 'globex').execute()
    const bea = await signedIn()
    await rename(evil)

    await bea.post(ACTIVE_ORG, { org: 'globex' })
    const { body } = await bea.get('/account')
    await rename('Globex')

    expect(body).not.toContain('<script')
    expect(body.match(/&#60;script&#62;/g)?.length).toBeGreaterThanOrEqual(3)
  })
})

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
    ['/account', 'Sign in to see that page.'],
  ] as const)('a visitor whom the link %s led to the sign-in reads why', async ([back, why]) => {
    const { body } = await get(`/sign-in?continue=${encodeURIComponent(back)}`)

    expect(body).toContain(why)
    expect(body).toContain(`name="continue" value="${back}"`)
  })
})

describe('the overview', () => {
  test('the overview counts what the active org has, and not what other orgs have', async () => {
    const bea = await signedIn()
    const projects = async () => /<dt>Projects<\/dt>\s*<dd>(\d+)</.exec((await bea.get('/account')).body)?.[1]

    const inAcme = await projects()
    await bea.post(ACTIVE_ORG, { org: 'globex' })

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
  ] as const)('the page %s is separated from the window that opened it: %s', async ([url, isSeparate]) => {
    const { headers } = await get(url)

    expect(headers['cross-origin-opener-policy']).toBe(isSeparate ? 'same-origin' : undefined)
    expect(headers['permissions-policy']).toContain('camera=()')
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d{8}$/)
  })

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
