import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyChain } from '#domain/audit'
import { addMember } from '#domain/orgs'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { aVisitor, titleAndMainOf } from '../support/a-visitor.ts'

const ACTIVE_ORG = '/account/active-org'

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const orgOf = (body: string) => /class="org-name">([^<]*)</.exec(body)?.[1]

/** The events of Bea's own chain about the choice of an org. */
async function choices() {
  const rows = await doors.db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', `customer:${doors.market.person('buyer')}`)
    .orderBy('seq')
    .execute()
  return rows
    .map(
      ({ body }) => JSON.parse(body) as { action: string; detail?: object; org?: string; request?: string },
    )
    .filter(({ action }) => action === 'choose_active_org')
}

describe('the org menu', () => {
  test('a person chooses the org they work in and comes back to the same page, and the choice is in the audit log', async () => {
    const bea = await doors.signedIn()
    const before = (await choices()).length

    const shown = orgOf((await bea.get('/account')).body)
    const chosen = await bea.post(ACTIVE_ORG, { org: 'globex', continue: '/account/payment-methods?x=1' })

    expect(shown).toBe('Acme Retail')
    expect([chosen.statusCode, chosen.headers.location]).toEqual([303, '/account/payment-methods?x=1'])
    expect(orgOf((await bea.get('/')).body)).toBe('Globex')
    const [event, ...more] = (await choices()).slice(before)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      org: doors.market.org('globex'),
      detail: { to: doors.market.org('globex') },
      request: chosen.headers['x-request-id'],
    })
    expect(await verifyChain(doors.db, `customer:${doors.market.person('buyer')}`)).toMatchObject({
      intact: true,
    })
  })

  test('choosing the org that is active already is not audited again', async () => {
    const bea = await doors.signedIn()
    await bea.post(ACTIVE_ORG, { org: 'globex' })
    const before = (await choices()).length

    await bea.post(ACTIVE_ORG, { org: 'globex' })

    expect(await choices()).toHaveLength(before)
  })

  test('two choices at the same time leave one active org and an unbroken audit log', async () => {
    const bea = await doors.signedIn()
    const before = (await choices()).length

    const answers = await Promise.all(
      ['globex', 'acme-retail', 'globex', 'acme-retail'].map((org) => bea.post(ACTIVE_ORG, { org })),
    )

    expect(answers.map(({ statusCode }) => statusCode)).toEqual([303, 303, 303, 303])
    const added = (await choices()).slice(before)
    const names = { [doors.market.org('globex')]: 'Globex', [doors.market.org('acme-retail')]: 'Acme Retail' }
    expect(orgOf((await bea.get('/')).body)).toBe(names[added.at(-1)?.org ?? ''])
    // each event begins where the one before it ended
    const details = added.map(({ detail }) => detail as { from?: string; to: string })
    expect(details.slice(1).map(({ from }) => from)).toEqual(details.slice(0, -1).map(({ to }) => to))
  })

  test('the choice belongs to one browser', async () => {
    const [one, other] = [await doors.signedIn(), await doors.signedIn()]

    await one.post(ACTIVE_ORG, { org: 'globex' })

    expect(orgOf((await other.get('/')).body)).toBe('Acme Retail')
  })

  test.for(['hooli', 'no-such-org', '', "' or 1=1"])(
    'a person cannot choose the org %j, of which they are no member',
    async (org) => {
      const bea = await doors.signedIn()
      const before = (await choices()).length

      const { statusCode, body } = await bea.post(ACTIVE_ORG, { org: decodeURIComponent(org) })

      expect(statusCode).toBe(404)
      expect(body).toContain('that you belong to')
      expect(orgOf((await bea.get('/')).body)).toBe('Acme Retail')
      expect(await choices()).toHaveLength(before)
    },
  )

  test('a person who has lost the chosen org is asked to choose one, and no page shows another org by itself', async () => {
    const dev = await doors.signedIn('developer')
    const [org, customer] = [doors.market.org('northwind'), doors.market.person('developer')]
    await addMember(doors.db, { org, customer, role: 'viewer', at: new Date() })
    await dev.get('/account')
    await dev.post(ACTIVE_ORG, { org: 'northwind' })
    expect(orgOf((await dev.get('/')).body)).toBe('Northwind')

    await doors.db
      .deleteFrom('org_members')
      .where('org_id', '=', org)
      .where('customer_id', '=', customer)
      .execute()

    for (const path of ['/account', '/account/team', '/account/git', '/account/vendor?x=1']) {
      const page = titleAndMainOf((await dev.get(path)).body)
      expect(page).toContain('You are not in Northwind any more')
      expect(page).toContain('Work here')
    }
    expect(orgOf((await dev.get('/')).body)).toBe('Choose an org')
    expect((await dev.get('/account/security')).body).not.toContain('any more')
    expect((await dev.post(ACTIVE_ORG, { org: 'northwind' })).statusCode).toBe(404)
    await dev.post(ACTIVE_ORG, { org: 'acme-retail' })
    expect(orgOf((await dev.get('/')).body)).toBe('Acme Retail')
  })

  test('a person who never chose an org and loses the one of the sign-in is asked, too', async () => {
    const { db } = doors
    const customer = doors.market.person('viewer')
    await addMember(db, { org: doors.market.org('northwind'), customer, role: 'viewer', at: new Date() })
    const vi = await doors.signedIn('viewer')
    const memberships = db.deleteFrom('org_members').where('customer_id', '=', customer)
    await memberships.where('org_id', '=', doors.market.org('acme-retail')).execute()

    expect((await vi.get('/account')).body).toContain('You are not in Acme Retail any more')
    await memberships.execute()
    expect((await vi.get('/account')).body).toContain('You are in no org yet')
  })

  test('the org menu leads to no other site and accepts only its own form', async () => {
    const bea = await doors.signedIn()

    for (const back of ['https://evil.example', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])
      expect((await bea.post(ACTIVE_ORG, { org: 'acme-retail', continue: back })).headers.location).toBe('/')
    expect((await bea.post(ACTIVE_ORG, { org: 'globex', _csrf: undefined })).statusCode).toBe(403)
    expect(
      (await bea.post(ACTIVE_ORG, { org: 'globex' }, { 'sec-fetch-site': 'cross-site' })).statusCode,
    ).toBe(403)
    expect(orgOf((await bea.get('/')).body)).toBe('Acme Retail')
  })

  test('a visitor who is not signed in has no org menu and is sent to the sign-in', async () => {
    const stranger = aVisitor(doors.app)
    const { body } = await stranger.get('/sign-in')

    expect(orgOf(body)).toBeUndefined()
    expect((await stranger.post(ACTIVE_ORG, { org: 'globex' })).headers.location).toBe(
      '/sign-in?continue=%2F',
    )
  })

  test('the org menu escapes the names of orgs', async () => {
    const evil = `"><script>alert('x')</script>`
    const rename = (name: string) =>
      doors.db.updateTable('orgs').set({ name }).where('slug', '=', 'globex').execute()
    const bea = await doors.signedIn()
    await rename(evil)

    await bea.post(ACTIVE_ORG, { org: 'globex' })
    const { body } = await bea.get('/account')
    await rename('Globex')

    expect(body).not.toContain('<script')
    expect(body.match(/&#60;script&#62;/g)?.length).toBeGreaterThanOrEqual(3)
  })
})
