import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { lastUse } from '#domain/connections'
import { SCOPES } from '#domain/orgs'
import { setSpendingRules, spendingStoppedSince } from '#domain/spending'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anIntegrationsPage, HOUR_MS, type IntegrationsPage, PAGE } from '../support/an-integrations-page.ts'

let area: IntegrationsPage
let buyer: Visitor
beforeAll(async () => {
  area = await anIntegrationsPage()
})
beforeEach(async () => {
  await area.beginAgain()
  buyer = await area.visitor()
})
afterAll(() => area.close())

describe('the list of assistants', () => {
  test('a visitor who is not signed in is sent to the sign-in and back', async () => {
    const { id } = await area.connected()
    for (const path of [PAGE, `${PAGE}/${id}`, `${PAGE}/${id}/revoke`, `${PAGE}/revoke-all`]) {
      const { statusCode, headers } = await aVisitor(area.app).get(path)
      expect([statusCode, headers.location]).toEqual([303, `/sign-in?continue=${encodeURIComponent(path)}`])
    }
  })

  test('without a connection the page of assistants says how to connect one', async () => {
    expect((await buyer.get(PAGE)).body).toContain('No assistant is connected')
  })

  test('the page of assistants shows the name, who verified it, the org, the scopes in words and both times', async () => {
    const { id } = await area.connected(['read', 'projects'])
    const set = { client_host: 'client.example', redirect_host: 'back.example', client_name: 'Claude <b>' }
    await area.db.updateTable('connections').set(set).where('id', '=', id).execute()

    const { body } = await buyer.get(PAGE)

    expect(body).toContain('Claude &#60;b&#62;')
    for (const text of [
      'verified</span> client.example',
      'back.example',
      'Acme Retail (you: owner)',
      'Never',
    ])
      expect(body).toContain(text)
    const hint = 'Make, replace and revoke their keys'
    expect(body).toContain('Manage projects')
    expect(body).not.toContain('Buy with a saved card')
    expect(body).not.toContain(hint)
    const own = await buyer.get(`${PAGE}/${id}`)
    expect(own.body).toContain(hint)
    expect(own.body).toMatch(/<title>Claude &#60;b&#62;[^]*<li aria-current="page">Claude &#60;b&#62;/)
    const use = lastUse(area.db, () => {})
    use.note(id, new Date('2026-11-29T14:05:00Z'))
    await use.flush()
    expect((await buyer.get(PAGE)).body).toContain('29 Nov 2026, 14:05 UTC')
  })

  test('the name of a client without a metadata document is marked as unverified', async () => {
    await area.connected()

    expect((await buyer.get(PAGE)).body).toContain('unverified name')
  })

  test('the page of assistants shows the limit of each connection and how much of it is used', async () => {
    const { id } = await area.connected()
    const limits = [{ currency: 'EUR', perPurchase: 5_000, perDay: 10_000, perMonth: 20_000 }]
    const rules = { limits, vendors: ['northwind'], subscriptions: false }
    await setSpendingRules(area.db, {
      connection: id,
      by: area.market.person('buyer'),
      rules,
      at: new Date(),
    })

    const { body } = await buyer.get(PAGE)

    for (const text of ['Today (UTC): 0.00 EUR of 100.00 EUR', 'This month (UTC): 0.00 EUR of 200.00 EUR'])
      expect(body).toContain(text)
    for (const text of ['50.00 EUR', 'Only from these vendors: northwind', 'No yearly licences'])
      expect(body).toContain(text)
  })

  test('the page of assistants leaves out revoked connections, those of others, and those without a first token', async () => {
    const [revoked, foreign, fresh] = [
      await area.connected(),
      await area.connected(SCOPES, 'developer'),
      await area.connected(),
    ]
    await area.db
      .updateTable('connections')
      .set({ revoked_at: new Date(), revoke_reason: 'x' })
      .where('id', '=', revoked.id)
      .execute()
    await area.db.updateTable('connections').set({ activated_at: null }).where('id', '=', fresh.id).execute()

    const { body } = await buyer.get(PAGE)

    for (const { id } of [revoked, foreign, fresh]) {
      expect(body).not.toContain(id)
      expect((await buyer.get(`${PAGE}/${id}`)).statusCode).toBe(404)
    }
  })
})

describe('disconnecting', () => {
  test('ending a connection needs a confirmation, and then the next call of the assistant gets 401', async () => {
    const [one, other] = [await area.connected(), await area.connected()]
    expect((await area.call(one.token, 'whoami')).status).toBe(200)
    const page = await buyer.get(`${one.page}/revoke`)
    expect(page.body).toContain('Disconnect A client?')
    expect((await area.row(one.id)).revoked_at).toBeNull()

    const { statusCode, headers } = await buyer.post(`${one.page}/revoke`)

    expect([statusCode, headers.location]).toEqual([303, `${PAGE}?saved=revoked`])
    expect((await area.call(one.token, 'whoami')).status).toBe(401)
    expect((await area.call(other.token, 'whoami')).status).toBe(200)
    expect(await area.row(one.id)).toMatchObject({ revoke_reason: 'person' })
  })

  test('a person can disconnect all assistants at once, and those of others stay', async () => {
    const [one, two, foreign] = [
      await area.connected(),
      await area.connected(),
      await area.connected(SCOPES, 'developer'),
    ]
    await buyer.get(`${PAGE}/revoke-all`)

    await buyer.post(`${PAGE}/revoke-all`)

    const statuses = await Promise.all([one, two, foreign].map(({ token }) => area.call(token, 'whoami')))
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 200])
    expect((await buyer.get(PAGE)).body).toContain('No assistant is connected')
  })

  test('two clicks at once end a connection only once', async () => {
    const { id, page } = await area.connected()
    await buyer.get(`${page}/revoke`)

    await Promise.all([buyer.post(`${page}/revoke`), buyer.post(`${page}/revoke`)])

    expect(await area.eventsAbout(id)).toHaveLength(1)
  })
})

describe('the stop of an org', () => {
  const stopped = () => spendingStoppedSince(area.db, area.market.org('acme-retail'))

  test.for([
    ['buyer', true],
    ['billing', true],
    ['developer', false],
    ['viewer', false],
  ] as const)('the person %s may stop the assistants of the org: %s', async ([name, mayStop]) => {
    const visitor = aVisitor(area.app)
    await visitor.signIn(name)
    const { body } = await visitor.get(PAGE)
    expect(body.includes('Stop: Acme Retail')).toBe(mayStop)

    const answer = await visitor.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'on' })

    expect(answer.statusCode).toBe(mayStop ? 303 : 403)
    expect((await stopped()) !== undefined).toBe(mayStop)
    await area.db.deleteFrom('spending_stops').execute()
  })

  test('the page shows that the assistants of an org are stopped, and a person can allow them again after a recent sign-in', async () => {
    await buyer.get(PAGE)
    await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'on' })
    expect((await buyer.get(PAGE)).body).toContain('Allow again: Acme Retail')
    area.after(13 * HOUR_MS)
    expect((await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'off' })).statusCode).toBe(403)
    expect(await stopped()).toBeDefined()
    area.after(-13 * HOUR_MS)

    await buyer.post(`${PAGE}/stop`, { org: 'acme-retail', stop: 'off' })

    expect(await stopped()).toBeUndefined()
  })

  test('a stop of the assistants of an org of other people is refused as not found', async () => {
    const visitor = aVisitor(area.app)
    await visitor.signIn('developer')
    await visitor.get(PAGE)

    expect((await visitor.post(`${PAGE}/stop`, { org: 'northwind', stop: 'on' })).statusCode).toBe(404)
  })
})
