import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listPaymentMethods } from '#domain/billing'
import { reportStatus } from '#domain/operations'
import { isId } from '#kernel/ids'
import { aMarket, type Market } from '../support/a-market.ts'
import { aMember } from '../support/a-member.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aMcpDoor, type McpDoor, noLimits } from '../support/mcp.ts'
import { aModernClient } from '../support/mcp-clients.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await door.close()
  await database.close()
})

const eventsOf = (run: () => Promise<unknown>) => writtenBy(database.db, run)
const key = () => ({ idempotency_key: `key-${randomUUID()}` })

/**
 * The audit events of each route that is not a GET: when it works, and when it is refused. `machine`: no person uses
 * it.
 */
const ROUTES: Readonly<
  Record<string, { does: string; outcome?: string; send: Send; refuse?: Send } | { machine: string }>
> = {
  'POST /sign-in': {
    does: 'sign_in',
    send: ({ visitor }) => visitor.signIn('buyer'),
    refuse: ({ visitor }) => visitor.signIn('viewer', 'a wrong password'),
  },
  'POST /sign-out': { does: 'sign_out', send: ({ visitor }) => visitor.post('/sign-out') },
  'POST /account/payment-methods': {
    does: 'start_operation',
    send: ({ visitor }) => visitor.post('/account/payment-methods', { org: 'acme-retail' }),
    refuse: ({ visitor }) => visitor.post('/account/payment-methods', { org: 'acme-retail' }),
  },
  'POST /account/payment-methods/:id/default': {
    does: 'make_payment_method_default',
    send: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/default`, { org: 'acme-retail' }),
    refuse: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/default`, { org: 'acme-retail' }),
  },
  'POST /account/payment-methods/:id/remove': {
    does: 'remove_payment_method',
    send: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/remove`, { org: 'acme-retail' }),
    refuse: ({ visitor, card }) =>
      visitor.post(`/account/payment-methods/${card}/remove`, { org: 'acme-retail' }),
  },
  'POST /account/audit/export': {
    does: 'export_audit_log',
    send: ({ visitor }) => visitor.post('/account/audit/export', { org: 'acme-retail', format: 'csv' }),
    refuse: ({ visitor }) => visitor.post('/account/audit/export', { org: 'acme-retail', format: 'csv' }),
  },
  // the provider is out of reach here; test/doors/payment-methods.test.ts opens its page
  'POST /o/:link': {
    does: 'POST /o/:link',
    outcome: 'failed',
    send: ({ visitor, link }) => visitor.post(`/o/${link}`),
    refuse: ({ visitor, link }) => visitor.post(`/o/${link}`),
  },
  'POST /callbacks/stripe': { machine: 'the story that it nudges asks the provider itself' },
  'POST /composer/downloads': { machine: 'the table of downloads is its record' },
  'POST /composer/advisories': { machine: 'reads' },
  'POST /mcp': { machine: 'the tools above' },
}

type Send = (at: { visitor: Visitor; card: string; link: string }) => Promise<unknown>

/** The routes of `printRoutes`, such as `POST /sign-in`, without those that only read. */
function actionsIn(printed: string): string[] {
  const parents: string[] = []
  return printed.split('\n').flatMap((line) => {
    const [, indent = '', segment = '', methods = ''] = /^([│ ]*)[├└]── (\S+) \((.*)\)$/.exec(line) ?? []
    const depth = indent.length / 4
    parents.splice(depth, Infinity, segment)
    const path = parents.join('')
    return methods.split(', ').includes('POST') || /PUT|PATCH|DELETE/.test(methods) ? [`POST ${path}`] : []
  })
}

describe('the routes', () => {
  test('the table of audited forms has every route that is not a GET', () => {
    const routes = actionsIn(app.printRoutes({ commonPrefix: false }))

    expect(Object.keys(ROUTES).toSorted()).toEqual(routes.toSorted())
  })

  const people = Object.entries(ROUTES).flatMap(([route, row]) =>
    'machine' in row ? [] : [{ route, ...row }],
  )

  test.for(people)(
    '$route writes the audit event $does with person and request',
    async ({ does, outcome = 'done', send }) => {
      const visitor = aVisitor(app)
      await visitor.signIn('buyer')
      const at = { visitor, ...(await aCardAndALink('buyer')) }
      await visitor.get('/account/audit?org=acme-retail')

      const written = await eventsOf(() => send(at))

      const event = { action: does, outcome, customer: market.person('buyer'), request: expect.any(String) }
      expect(written).toContainEqual(expect.objectContaining(event))
    },
  )

  test.for(people.filter(({ refuse }) => refuse))(
    'a refusal of $route is audited once',
    async ({ route, refuse }) => {
      const visitor = aVisitor(app)
      await visitor.signIn('viewer')
      const at = { visitor, ...(await aCardAndALink('buyer')) }
      await visitor.get('/account/audit')

      const written = await eventsOf(async () => refuse?.(at))

      const action = route === 'POST /sign-in' ? 'sign_in' : route
      expect(written).toMatchObject([{ action, outcome: 'refused', customer: market.person('viewer') }])
      expect(written[0]).toMatchObject({ code: expect.any(String), request: expect.any(String) })
    },
  )

  test('a form without our token is refused, and the refusal is in the audit log of the person', async () => {
    const visitor = aVisitor(app)
    await visitor.signIn('buyer')

    const written = await eventsOf(() => visitor.post('/sign-out', { _csrf: 'x' }))

    expect(written).toMatchObject([
      {
        chain: `customer:${market.person('buyer')}`,
        action: 'POST /sign-out',
        code: 'FST_CSRF_INVALID_TOKEN',
      },
    ])
  })

  /** A card of the org, and the link of an operation of that person that waits for a card. */
  async function aCardAndALink(name: string) {
    const [card] = await listPaymentMethods(database.db, market.org('acme-retail'))
    const { connection, ask } = await aMember({ door, market }, aModernClient, { name })
    const { operation_id } = await ask('start_add_payment_method', key())
    const operationId = String(operation_id)
    if (!isId('op', operationId)) throw new Error(`${connection} got no operation`)
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const waiting = { for: 'payment_method', until } as const
    const status = { status: 'waiting_for_you', waiting, revision: 1, at: new Date().toISOString() } as const
    await reportStatus(database.db, { operationId, ...status }, 'https://market.example')
    const { link } = await database.db
      .selectFrom('operations')
      .select('link')
      .where('id', '=', operationId)
      .executeTakeFirstOrThrow()
    return { card: card?.id ?? 'pmt_none', link: link ?? '' }
  }
})
