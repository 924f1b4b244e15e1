import { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit, type AuditEvent, verifyExport } from '#domain/audit'
import { addMember } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { MARKET_SINCE } from '../support/a-market.ts'
import { aMarketApp, type MarketApp } from '../support/a-market-app.ts'
import { auditOf } from '../support/a-member.ts'
import { aVisitor } from '../support/a-visitor.ts'

const PAGE = '/account/audit'

let doors: MarketApp
beforeAll(async () => {
  doors = await aMarketApp()
})
afterAll(() => doors.close())

const acme = () => `org:${doors.market.org('acme-retail')}` as const
const write = (event: Partial<AuditEvent> = {}) =>
  audit(doors.db, {
    chain: acme(),
    action: 'add_to_cart',
    outcome: 'done',
    customer: doors.market.person('buyer'),
    ...event,
  })

const actionsIn = (body: string) =>
  [...body.matchAll(/<td>\s*<code>(\w+)<\/code>/g)].map(([, action]) => action)

describe('who may read an audit log in the browser', () => {
  test('a visitor who is not signed in is led to the sign-in', async () => {
    const { statusCode, headers } = await aVisitor(doors.app).get(PAGE)
    expect([statusCode, headers.location]).toEqual([303, '/sign-in?continue=%2Faccount%2Faudit'])
  })

  test.for([
    ['buyer', 200],
    ['billing', 200],
    ['developer', 403],
    ['viewer', 403],
    ['stranger', 404],
  ] as const)("%s gets the page and the download of the org's log with status %i", async ([name, status]) => {
    const visitor = await doors.signedIn(name === 'stranger' ? 'vendor' : name)

    const page = await visitor.get(`${PAGE}?org=acme-retail`)
    await visitor.get(`${PAGE}?org=`)
    const file = await visitor.post(`${PAGE}/export`, { org: 'acme-retail', format: 'csv' })

    expect([page.statusCode, file.statusCode]).toEqual([status, status])
  })

  test('an admin may read the log of an org, but not after losing the role', async () => {
    const customer = doors.market.person('vendor')
    const org = doors.market.org('initech')
    await doors.db
      .deleteFrom('org_members')
      .where('org_id', '=', org)
      .where('customer_id', '=', customer)
      .execute()
    await addMember(doors.db, { org, customer, role: 'admin', at: MARKET_SINCE })
    const visitor = await doors.signedIn('vendor')
    const seen = await visitor.get(`${PAGE}?org=initech`)

    await doors.db
      .updateTable('org_members')
      .set({ role: 'developer' })
      .where('org_id', '=', org)
      .where('customer_id', '=', customer)
      .execute()

    expect([seen.statusCode, (await visitor.get(`${PAGE}?org=initech`)).statusCode]).toEqual([200, 403])
  })

  test('everybody may read the log of their own account, and only that one', async () => {
    const visitor = await doors.signedIn('viewer')

    const { statusCode, body } = await visitor.get(PAGE)

    expect(statusCode).toBe(200)
    expect(actionsIn(body)).toContain('sign_in')
    expect(body).not.toContain('add_to_cart')
  })
})

describe('the audit page', () => {
  test('each filter of the audit page finds its events and no others', async () => {
    const [customer, connection] = [doors.market.person('developer'), mintId('con', 0, Math.random)]
    await write({ action: 'only_here', outcome: 'failed', customer, connection, code: 'odd' })
    const visitor = await doors.signedIn('buyer')

    for (const filter of [
      'action=only_here',
      'outcome=failed',
      `person=${customer}`,
      `connection=${connection}`,
    ]) {
      const { body } = await visitor.get(`${PAGE}?org=acme-retail&${filter}`)
      expect([filter, actionsIn(body)]).toEqual([filter, ['only_here']])
    }
    const none = await visitor.get(`${PAGE}?org=acme-retail&until=2026-01-01`)
    expect(none.body).toContain('No event matches the filter.')
    const empty = await (await doors.signedIn('nocard')).get(`${PAGE}?org=hooli`)
    expect(empty.body).toContain('Nothing has been recorded yet.')
    const all = await visitor.get(`${PAGE}?org=acme-retail&since=2026-01-01&action=&outcome=`)
    expect(actionsIn(all.body)[0]).toBe('only_here')
  })

  test('the audit page names an invalid filter and shows no events', async () => {
    const visitor = await doors.signedIn('buyer')

    for (const filter of [
      'since=yesterday',
      'since=2026-02-31',
      'person=ann',
      'outcome=odd',
      'after=x',
      'org=acme-retail&since=1&since=2',
    ]) {
      const { statusCode, body } = await visitor.get(`${PAGE}?org=acme-retail&${filter}`)
      expect([filter, statusCode, actionsIn(body)]).toEqual([filter, 400, []])
      expect(body).toContain('role="alert"')
    }
    const { statusCode } = await visitor.post(`${PAGE}/export`, { org: 'acme-retail', format: 'xml' })
    expect(statusCode).toBe(400)
  })

  test('the pages of the log have each event once, even when events are appended meanwhile', async () => {
    for (let n = 0; n < 120; n++) await write({ action: 'paged', object: `object ${n}` })
    const visitor = await doors.signedIn('buyer')
    const seen: (string | undefined)[] = []
    let next: string | undefined = `${PAGE}?org=acme-retail&action=paged`
    while (next) {
      const { body } = await visitor.get(next)
      seen.push(...[...body.matchAll(/>(object \d+)</g)].map(([, object]) => object))
      await write({ action: 'paged', object: 'a later one' })
      next = /href="([^"]+)"\s*>Older events/.exec(body)?.[1]?.replaceAll('&#38;', '&')
    }

    expect(seen).toEqual(Array.from({ length: 120 }, (_, n) => `object ${119 - n}`))
  })

  test('markup in an event does nothing on the page', async () => {
    await write({ action: 'odd', object: '<script>alert(1)</script>', code: '<b>' })
    const visitor = await doors.signedIn('buyer')

    const { body } = await visitor.get(`${PAGE}?org=acme-retail&action=odd`)

    expect(body).not.toContain('<script>')
    expect(body).not.toContain('<b>')
  })
})

describe('a download of the audit log', () => {
  test('the NDJSON download has the whole log, ends with its own event, and can be verified', async () => {
    for (let n = 0; n < 600; n++) await write({ action: 'counted' })
    const visitor = await doors.signedIn('buyer')
    await visitor.get(`${PAGE}?org=acme-retail`)

    const { headers, body } = await visitor.post(`${PAGE}/export`, { org: 'acme-retail', format: 'ndjson' })

    expect(headers['content-type']).toContain('application/x-ndjson')
    expect(headers['content-disposition']).toMatch(
      /^attachment; filename="audit-acme-retail-[\d-]+\.ndjson"$/,
    )
    const events = await auditOf(doors.db, doors.market.org('acme-retail'))
    const own = {
      action: 'export_audit_log',
      outcome: 'done',
      customer: doors.market.person('buyer'),
      detail: { format: 'ndjson' },
    }
    expect(events.at(-1)).toMatchObject({
      ...own,
      org: doors.market.org('acme-retail'),
      request: expect.any(String),
    })
    const lines = createInterface({ input: Readable.from([body]) })
    expect(await verifyExport(lines)).toEqual({ chain: acme(), intact: true, events: events.length })
  })

  test('the CSV download has the events of the filter, and no cell is a formula', async () => {
    for (const object of ['=1+1', '+1', '-1', '@sum', 'a,"b"']) await write({ action: 'cells', object })
    const visitor = await doors.signedIn('buyer')
    await visitor.get(`${PAGE}?org=acme-retail&action=cells`)

    const { body } = await visitor.post(`${PAGE}/export`, {
      org: 'acme-retail',
      format: 'csv',
      action: 'cells',
    })

    const [head, ...rows] = body.trim().split('\r\n')
    expect(head).toBe(
      'seq,at,action,outcome,code,person,name,connection,application,client,object,operation,request,detail',
    )
    expect(rows.map((row) => /Bea Buyer,,,,(.*),,,$/.exec(row)?.[1])).toEqual([
      '"a,""b"""',
      "'@sum",
      "'-1",
      "'+1",
      "'=1+1",
    ])
    const last = (await auditOf(doors.db, doors.market.org('acme-retail'))).at(-1)
    expect(last).toMatchObject({ action: 'export_audit_log', detail: { format: 'csv', action: 'cells' } })
  })

  test('a person downloads the log of their own account', async () => {
    const visitor = await doors.signedIn('viewer')
    await visitor.get(PAGE)

    const { body } = await visitor.post(`${PAGE}/export`, { org: '', format: 'ndjson' })

    const lines = createInterface({ input: Readable.from([body]) })
    expect(await verifyExport(lines)).toMatchObject({
      chain: `customer:${doors.market.person('viewer')}`,
      intact: true,
    })
  })

  test('a download without the token of our form is refused and no event says that it was done', async () => {
    const visitor = await doors.signedIn('billing')
    await visitor.get(`${PAGE}?org=acme-retail`)
    const before = (await auditOf(doors.db, doors.market.org('acme-retail'))).length

    const { statusCode } = await visitor.post(`${PAGE}/export`, {
      org: 'acme-retail',
      format: 'csv',
      _csrf: 'x',
    })

    expect(statusCode).toBe(403)
    expect(await auditOf(doors.db, doors.market.org('acme-retail'))).toHaveLength(before)
  })
})
