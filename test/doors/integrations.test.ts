import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lastUse } from '#domain/connections'
import { type Scope, SCOPES } from '#domain/orgs'
import { setSpendingRules, spendingStoppedSince } from '#domain/spending'
import type { ConnectionId } from '#kernel/ids'
import { aMarket, type Market } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aConnection, older } from '../support/mcp.ts'

const PAGE = '/account/integrations'
const HOUR_MS = 3_600_000

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
let clock: { at: Date }
let buyer: Visitor
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  clock = { at: new Date() }
  ;({ app } = await anApp(database.db, { now: () => clock.at }))
})
beforeEach(async () => {
  clock.at = new Date()
  await database.db
    .updateTable('connections')
    .set({ revoked_at: clock.at, revoke_reason: 'test' })
    .where('revoked_at', 'is', null)
    .execute()
  buyer = aVisitor(app)
  await buyer.signIn('buyer')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** A connection of a person of the market, and its token for this app. */
async function connected(scopes: readonly Scope[] = SCOPES, name = 'buyer', org = 'acme-retail') {
  const of = { customer: market.person(name), activeOrg: market.org(org), scopes }
  const { connection: id, mint } = await aConnection(database.db, of)
  const token = await mint({ aud: 'https://market.example/mcp' })
  return { id, token, page: `${PAGE}/${id}` }
}

const row = (id: ConnectionId) =>
  database.db
    .selectFrom('connections')
    .select(['label', 'scopes', 'active_org_id', 'revoked_at', 'revoke_reason'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()

const call = async (token: string, name: string, input: object = {}) => {
  const answer = await app.inject({
    method: 'POST',
    url: '/mcp',
    headers: {
      host: 'market.example',
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
    },
    payload: older('tools/call', { name, arguments: input }).body as object,
  })
  return { status: answer.statusCode, text: answer.body }
}

async function eventsAbout(object: string) {
  const rows = await database.db.selectFrom('audit_events').select('body').orderBy('at').execute()
  return rows
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    .filter((event) => event.object === object)
}

describe('the list of assistants', () => {
  test('a visitor who is not signed in is sent to the sign-in and back', async () => {
    const { id } = await connected()
    for (const path of [PAGE, `${PAGE}/${id}`, `${PAGE}/${id}/revoke`, `${PAGE}/revoke-all`]) {
      const { statusCode, headers } = await aVisitor(app).get(path)
      expect([statusCode, headers.location]).toEqual([303, `/sign-in?continue=${encodeURIComponent(path)}`])
    }
  })

  test('without a connection the page says how to connect an assistant', async () => {
    expect((await buyer.get(PAGE)).body).toContain('No assistant is connected')
  })

  test('the page shows the name, who vouches for it, the org, the scopes in words and both times', async () => {
    const { id } = await connected(['read', 'projects'])
    const set = { client_host: 'client.example', redirect_host: 'back.example', client_name: 'Claude <b>' }
    await database.db.updateTable('connections').set(set).where('id', '=', id).execute()

    const { body } = await buyer.get(PAGE)

    expect(body).toContain('Claude &#60;b&#62;')
    for (const text of ['verified: client.example', 'back.example', 'Acme Retail (you: owner)', 'Never'])
      expect(body).toContain(text)
    expect(body).toContain('Set up projects, make and revoke their keys')
    expect(body).not.toContain('Fill the cart')
    const use = lastUse(database.db, () => {})
    use.note(id, new Date('2026-11-29T14:05:00Z'))
    await use.flush()
    expect((await buyer.get(PAGE)).body).toContain('29 Nov 2026, 14:05 UTC')
  })

  test('a name without a document is called unverified', async () => {
    await connected()

    expect((await buyer.get(PAGE)).body).toContain('unverified name')
  })

  test('the page shows the limit of each connection and what is used of it', async () => {
    const { id } = await connected()
    const limits = [{ currency: 'EUR', perPurchase: 5_000, perDay: 10_000, perMonth: 20_000 }]
    const rules = { limits, vendors: ['northwind'], subscriptions: false }
    await setSpendingRules(database.db, { connection: id, by: market.person('buyer'), rules, at: new Date() })

    const { body } = await buyer.get(PAGE)

    for (const text of ['Today (UTC): 0.00 EUR of 100.00 EUR', 'This month (UTC): 0.00 EUR of 200.00 EUR'])
      expect(body).toContain(text)
    for (const text of [
      '50.00 EUR',
      'Only from these vendors: northwind',
      'No packages that are paid every year',
    ])
      expect(body).toContain(text)
  })

  test('revoked connections, those of others, and those without a first token are not shown', async () => {
    const [revoked, foreign, fresh] = [
      await connected(),
      await connected(SCOPES, 'developer'),
      await connected(),
    ]
    await database.db
      .updateTable('connections')
      .set({ revoked_at: new Date(), revoke_reason: 'x' })
      .where('id', '=', revoked.id)
      .execute()
    await database.db
      .updateTable('connections')
      .set({ activated_at: null })
      .where('id', '=', fresh.id)
      .execute()

    const { body } = await buyer.get(PAGE)

    for (const { id } of [revoked, foreign, fresh]) {
      expect(body).not.toContain(id)
      expect((await buyer.get(`${PAGE}/${id}`)).statusCode).toBe(404)
    }
  })
})

describe('a change of a connection', () => {
  const CHANGES = [
    ['rename', { label: 'x' }],
    ['org', { org: 'globex' }],
    ['scopes', { scope: 'buy' }],
    [
      'limits',
      {
        spending_currency_0: 'EUR',
        spending_per_purchase_0: '1',
        spending_per_day_0: '1',
        spending_per_month_0: '1',
      },
    ],
    ['revoke', {}],
  ] as const

  test.for(CHANGES)('%s is refused for a connection of somebody else', async ([action, fields]) => {
    const foreign = await connected(['read'], 'developer')
    const before = await row(foreign.id)
    await buyer.get(PAGE)

    const answer = await buyer.post(`${foreign.page}/${action}`, fields)

    expect(answer.statusCode).toBe(404)
    expect(await row(foreign.id)).toEqual(before)
  })

  test.for(CHANGES)('%s is refused without the form token, and changes nothing', async ([action, fields]) => {
    const own = await connected(['read'])
    const before = await row(own.id)
    await buyer.get(own.page)

    const answer = await buyer.post(`${own.page}/${action}`, { ...fields, _csrf: undefined })

    expect(answer.statusCode).toBe(403)
    expect(await row(own.id)).toEqual(before)
  })

  test.for(CHANGES)('%s of a connection that has ended is not found', async ([action, fields]) => {
    const own = await connected()
    await buyer.get(own.page)
    await buyer.post(`${own.page}/revoke`)

    expect((await buyer.post(`${own.page}/${action}`, fields)).statusCode).toBe(404)
  })

  test('a label replaces the name of the client, and an empty one removes it', async () => {
    const { id, page } = await connected()
    await buyer.get(page)

    const { statusCode, headers } = await buyer.post(`${page}/rename`, { label: '  My\u202E laptop\n ' })

    expect([statusCode, headers.location]).toEqual([303, `${page}?saved=rename`])
    expect(await row(id)).toMatchObject({ label: 'My laptop' })
    expect((await buyer.get(`${page}?saved=rename`)).body).toMatch(
      /<h1>My laptop<\/h1>[\s\S]*The name is saved/,
    )
    await buyer.post(`${page}/rename`, { label: ' ' })
    expect(await row(id)).toMatchObject({ label: null })
    expect(await eventsAbout(id)).toMatchObject([
      { action: 'rename_connection' },
      { action: 'rename_connection' },
    ])
  })

  test('a long label is cut, and no half character is left', async () => {
    const { id, page } = await connected()
    await buyer.get(page)
    await buyer.post(`${page}/rename`, { label: '🧡'.repeat(80) })

    expect(await row(id)).toMatchObject({ label: '🧡'.repeat(60) })
  })

  test('another org is active at the next call, and both orgs have it in their audit log', async () => {
    const { id, token, page } = await connected()
    await buyer.get(page)

    await buyer.post(`${page}/org`, { org: 'globex' })

    expect((await call(token, 'whoami')).text).toContain('globex')
    const events = (await eventsAbout(id)).filter(({ action }) => action === 'set_active_org')
    expect(events.map(({ chain }) => chain).toSorted()).toEqual(
      ['acme-retail', 'globex'].map((org) => `org:${market.org(org)}`).toSorted(),
    )
  })

  test('an org that the person does not belong to is refused', async () => {
    const { id, page } = await connected()
    await buyer.get(page)
    await database.db
      .deleteFrom('org_members')
      .where('org_id', '=', market.org('globex'))
      .where('customer_id', '=', market.person('buyer'))
      .execute()

    const answer = await buyer.post(`${page}/org`, { org: 'globex' })

    expect(answer.statusCode).toBe(404)
    expect((await row(id)).active_org_id).toBe(market.org('acme-retail'))
    await database.db
      .insertInto('org_members')
      .values({
        org_id: market.org('globex'),
        customer_id: market.person('buyer'),
        role: 'viewer',
        joined_at: new Date(),
      })
      .execute()
  })
})

describe('scopes', () => {
  const save = async (page: string, scopes: readonly string[], visitor = buyer) => {
    await visitor.get(page)
    const fields = new URLSearchParams(scopes.map((scope): [string, string] => ['scope', scope]))
    const csrf = /name="_csrf" value="([^"]+)"/.exec((await visitor.get(page)).body)?.[1] ?? ''
    fields.set('_csrf', csrf)
    return app.inject({
      method: 'POST',
      url: `${page}/scopes`,
      headers: {
        host: 'market.example',
        accept: 'text/html',
        'content-type': 'application/x-www-form-urlencoded',
        cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
      payload: fields.toString(),
    })
  }

  test('a scope that is ticked works at the next call, and one that is unticked is refused', async () => {
    const { id, token, page } = await connected(['read', 'projects'])
    expect(await call(token, 'get_cart')).toMatchObject({ status: 403 })

    expect((await save(page, ['buy', 'team'])).headers.location).toBe(`${page}?saved=scopes`)

    expect((await row(id)).scopes).toEqual(['read', 'buy', 'team'])
    expect(await call(token, 'get_cart')).toMatchObject({ status: 200 })
    const refused = await call(token, 'setup_project', { name: 'x' })
    expect(refused.status).toBe(403)
    expect(await eventsAbout(id)).toMatchObject([
      { action: 'change_scopes', detail: { added: 'buy team', removed: 'projects' } },
    ])
  })

  test('read cannot be unticked, and unknown scopes are ignored', async () => {
    const { id, page } = await connected(['read', 'buy'])

    await save(page, ['operator', 'projects'])

    expect((await row(id)).scopes).toEqual(['read', 'projects'])
  })

  test('a new scope needs a sign-in within 12 hours, and removing one does not', async () => {
    const { id, page } = await connected(['read', 'projects'])
    clock.at = new Date(clock.at.getTime() + 12 * HOUR_MS + 60_000)

    const refused = await save(page, ['projects', 'buy'])

    expect(refused.statusCode).toBe(403)
    expect(refused.body).toContain('Sign in again')
    expect((await row(id)).scopes).toEqual(['read', 'projects'])
    expect((await save(page, [])).statusCode).toBe(303)
    expect((await row(id)).scopes).toEqual(['read'])
  })

  test('saving what is already so writes nothing', async () => {
    const { id, page } = await connected(['read', 'projects'])

    await save(page, ['projects'])

    expect(await eventsAbout(id)).toEqual([])
  })
})

describe('limits', () => {
  const limits = (amount: string, more: object = {}) => ({
    spending_currency_0: 'EUR',
    spending_per_purchase_0: amount,
    spending_per_day_0: amount,
    spending_per_month_0: amount,
    ...more,
  })

  test('new limits are saved and shown', async () => {
    const { page } = await connected()
    await buyer.get(page)

    expect((await buyer.post(`${page}/limits`, limits('123.45'))).headers.location).toBe(
      `${page}?saved=limits`,
    )

    expect((await buyer.get(PAGE)).body).toContain('0.00 EUR of 123.45 EUR')
  })

  test.for([
    ['a wrong amount', limits('many'), 'Enter an amount'],
    ['an unknown vendor', limits('1', { spending_vendors: 'nobody-here' }), 'There is no vendor nobody-here'],
  ] as const)('%s is shown at its field, and nothing is saved', async ([, fields, text]) => {
    const { id, page } = await connected()
    await buyer.get(page)

    const answer = await buyer.post(`${page}/limits`, fields)

    expect(answer.statusCode).toBe(400)
    expect(answer.body).toContain(text)
    expect(await eventsAbout(id)).toEqual([])
  })

  test('limits need a sign-in within 12 hours', async () => {
    const { id, page } = await connected()
    clock.at = new Date(clock.at.getTime() + 13 * HOUR_MS)
    await buyer.get(page)

    expect((await buyer.post(`${page}/limits`, limits('5'))).statusCode).toBe(403)
    expect(await eventsAbout(id)).toEqual([])
  })
})

describe('disconnecting', () => {
  test('the page asks first, and the next call of the assistant gets 401', async () => {
    const [one, other] = [await connected(), await connected()]
    expect((await call(one.token, 'whoami')).status).toBe(200)
    const page = await buyer.get(`${one.page}/revoke`)
    expect(page.body).toContain('Disconnect A client?')
    expect((await row(one.id)).revoked_at).toBeNull()

    const { statusCode, headers } = await buyer.post(`${one.page}/revoke`)

    expect([statusCode, headers.location]).toEqual([303, `${PAGE}?saved=revoked`])
    expect((await call(one.token, 'whoami')).status).toBe(401)
    expect((await call(other.token, 'whoami')).status).toBe(200)
    expect(await row(one.id)).toMatchObject({ revoke_reason: 'person' })
  })

  test('all assistants of the person end at once, and those of others stay', async () => {
    const [one, two, foreign] = [await connected(), await connected(), await connected(SCOPES, 'developer')]
    await buyer.get(`${PAGE}/revoke-all`)

    await buyer.post(`${PAGE}/revoke-all`)

    const statuses = await Promise.all([one, two, foreign].map(({ token }) => call(token, 'whoami')))
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 200])
    expect((await buyer.get(PAGE)).body).toContain('No assistant is connected')
  })

  test('two clicks at once end it once', async () => {
    const { id, page } = await connected()
    await buyer.get(`${page}/revoke`)

    await Promise.all([buyer.post(`${page}/revoke`), buyer.post(`${page}/revoke`)])

    expect(await eventsAbout(id)).toHaveLength(1)
  })
})

describe('the stop of an org', () => {
  const stopped = () => spendingStoppedSince(database.db, market.org('acme-retail'))

  test.for([
    ['buyer', true],
    ['billing', true],
    ['developer', false],
    ['viewer', false],
  ] as const)('the person %s may stop the assistants of the org: %s', async ([name, mayStop]) => {
    const visitor = aVisitor(app)
    await visitor.signIn(name)
    const { body } = await visitor.get(PAGE)
    expect(body.includes('Stop: Acme Retail')).toBe(mayStop)

    const answer = await visitor.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'on' })

    expect(answer.statusCode).toBe(mayStop ? 303 : 403)
    expect((await stopped()) !== undefined).toBe(mayStop)
    await database.db.deleteFrom('spending_stops').execute()
  })

  test('a stopped org is shown and can be allowed again after a recent sign-in', async () => {
    await buyer.get(PAGE)
    await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'on' })
    expect((await buyer.get(PAGE)).body).toContain('Allow again: Acme Retail')
    clock.at = new Date(clock.at.getTime() + 13 * HOUR_MS)
    expect((await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'off' })).statusCode).toBe(403)
    expect(await stopped()).toBeDefined()
    clock.at = new Date(clock.at.getTime() - 13 * HOUR_MS)

    await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'off' })

    expect(await stopped()).toBeUndefined()
  })

  test('an org of others is not found', async () => {
    const visitor = aVisitor(app)
    await visitor.signIn('developer')
    await visitor.get(PAGE)

    expect((await visitor.post(`${PAGE}/stop`, { org: 'northwind', stop: 'on' })).statusCode).toBe(404)
  })
})
