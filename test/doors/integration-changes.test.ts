import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Visitor } from '../support/a-visitor.ts'
import { anIntegrationsPage, type IntegrationsPage, PAGE } from '../support/an-integrations-page.ts'

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
    const foreign = await area.connected(['read'], 'developer')
    const before = await area.row(foreign.id)
    await buyer.get(PAGE)

    const answer = await buyer.post(`${foreign.page}/${action}`, fields)

    expect(answer.statusCode).toBe(404)
    expect(await area.row(foreign.id)).toEqual(before)
  })

  test.for(CHANGES)('%s is refused without the form token, and changes nothing', async ([action, fields]) => {
    const own = await area.connected(['read'])
    const before = await area.row(own.id)
    await buyer.get(own.page)

    const answer = await buyer.post(`${own.page}/${action}`, { ...fields, _csrf: undefined })

    expect(answer.statusCode).toBe(403)
    expect(await area.row(own.id)).toEqual(before)
  })

  test.for(CHANGES)('%s of a connection that has ended is not found', async ([action, fields]) => {
    const own = await area.connected()
    await buyer.get(own.page)
    await buyer.post(`${own.page}/revoke`)

    expect((await buyer.post(`${own.page}/${action}`, fields)).statusCode).toBe(404)
  })

  test('a label replaces the name of the client, and an empty label shows the name again', async () => {
    const { id, page } = await area.connected()
    await buyer.get(page)

    const { statusCode, headers } = await buyer.post(`${page}/rename`, { label: '  My\u202E laptop\n ' })

    expect([statusCode, headers.location]).toEqual([303, `${page}?saved=rename`])
    expect(await area.row(id)).toMatchObject({ label: 'My laptop' })
    expect((await buyer.get(`${page}?saved=rename`)).body).toMatch(
      /<h1>My laptop<\/h1>[\s\S]*The name is saved/,
    )
    await buyer.post(`${page}/rename`, { label: ' ' })
    expect(await area.row(id)).toMatchObject({ label: null })
    expect(await area.eventsAbout(id)).toMatchObject([
      { action: 'rename_connection' },
      { action: 'rename_connection' },
    ])
  })

  test('a long label is cut between two characters', async () => {
    const { id, page } = await area.connected()
    await buyer.get(page)
    await buyer.post(`${page}/rename`, { label: '🧡'.repeat(80) })

    expect(await area.row(id)).toMatchObject({ label: '🧡'.repeat(60) })
  })

  test('a change of the active org applies to the next call, and is in the audit log of both orgs', async () => {
    const { id, token, page } = await area.connected()
    await buyer.get(page)

    await buyer.post(`${page}/org`, { org: 'globex' })

    expect((await area.call(token, 'whoami')).text).toContain('globex')
    const events = (await area.eventsAbout(id)).filter(({ action }) => action === 'set_active_org')
    expect(events.map(({ chain }) => String(chain)).toSorted()).toEqual(
      ['acme-retail', 'globex'].map((org) => `org:${area.market.org(org)}`).toSorted(),
    )
  })

  test('an org that the person does not belong to cannot become the active org', async () => {
    const { id, page } = await area.connected()
    await buyer.get(page)
    await area.db
      .deleteFrom('org_members')
      .where('org_id', '=', area.market.org('globex'))
      .where('customer_id', '=', area.market.person('buyer'))
      .execute()

    const answer = await buyer.post(`${page}/org`, { org: 'globex' })

    expect(answer.statusCode).toBe(404)
    expect((await area.row(id)).active_org_id).toBe(area.market.org('acme-retail'))
    await area.db
      .insertInto('org_members')
      .values({
        org_id: area.market.org('globex'),
        customer_id: area.market.person('buyer'),
        role: 'viewer',
        joined_at: new Date(),
      })
      .execute()
  })
})
