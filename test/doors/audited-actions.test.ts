import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listPaymentMethods } from '#domain/billing'
import { reportStatus } from '#domain/operations'
import { isId } from '#kernel/ids'
import { tools } from '../../src/mcp/tools/index.ts'
import { aLicence, aMarket, aProject, type Market } from '../support/a-market.ts'
import { aMember, type Member } from '../support/a-member.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aMcpDoor, CLIENT_ID, type McpDoor, noLimits } from '../support/mcp.ts'
import { aModernClient } from '../support/mcp-clients.ts'
import { inputFor } from '../support/tool-inputs.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
type Results = Record<string, Record<string, unknown>>
type Event = Record<string, unknown>

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

/** What was appended to any chain while `run` ran, oldest first. */
async function eventsOf(run: () => Promise<unknown>): Promise<Event[]> {
  const all = async () => {
    const rows = await database.db
      .selectFrom('audit_events')
      .select(['body', 'chain', 'seq'])
      .orderBy('at')
      .orderBy('chain')
      .orderBy('seq')
      .execute()
    return rows.map(({ body }) => body)
  }
  const before = new Set(await all())
  await run()
  return (await all()).filter((body) => !before.has(body)).map((body) => JSON.parse(body) as Event)
}

const key = () => ({ idempotency_key: `key-${randomUUID()}` })
/** What the calls are about. */
const things = { project: '', other: '', licence: '', operation: '' }

/**
 * Every tool that changes something or shows a secret, in an order in which each call works: the actions that its call
 * writes. A tool that is missing here makes the test below fail.
 */
const CALLS: readonly { tool: string; input: (results: Results) => object; events: string[] }[] = [
  { tool: 'setup_project', input: () => ({ name: 'Shop' }), events: ['setup_project', 'show_auth_json'] },
  { tool: 'get_operation', input: () => ({ operation_id: things.operation }), events: ['show_auth_json'] },
  { tool: 'create_project', input: () => ({ name: 'Bare' }), events: ['create_project'] },
  {
    tool: 'create_project_token',
    input: () => ({ project: 'shop', ...key() }),
    events: ['create_project_token', 'show_auth_json'],
  },
  {
    tool: 'rotate_project_token',
    input: ({ create_project_token }) => ({ token: create_project_token?.token }),
    events: ['rotate_project_token', 'show_auth_json'],
  },
  {
    tool: 'revoke_project_token',
    input: ({ rotate_project_token }) => ({ token: rotate_project_token?.token }),
    events: ['revoke_project_token'],
  },
  {
    tool: 'activate_licence',
    input: () => ({ licence: things.licence, project: things.project }),
    events: ['activate_licence'],
  },
  {
    tool: 'move_activation',
    input: () => ({ licence: things.licence, from: things.project, to: things.other }),
    events: ['move_activation'],
  },
  {
    tool: 'deactivate_licence',
    input: () => ({ licence: things.licence, project: things.other }),
    events: ['deactivate_licence'],
  },
  { tool: 'add_to_cart', input: () => ({ packages: [STOCK, SEARCH] }), events: ['add_to_cart'] },
  { tool: 'remove_from_cart', input: () => ({ packages: [SEARCH] }), events: ['remove_from_cart'] },
  {
    tool: 'checkout_cart',
    input: ({ quote_cart }) => ({ quote: quote_cart?.quote, ...key() }),
    events: ['start_operation'],
  },
  {
    tool: 'purchase_and_install_package',
    input: () => ({ packages: [SEARCH], project: things.project, ...key() }),
    events: ['start_operation'],
  },
  { tool: 'start_add_payment_method', input: key, events: ['start_operation'] },
  {
    tool: 'cancel_operation',
    input: ({ start_add_payment_method }) => ({ operation_id: start_add_payment_method?.operation_id }),
    events: ['cancel_operation'],
  },
  { tool: 'set_active_org', input: () => ({ org: 'globex' }), events: ['set_active_org', 'set_active_org'] },
]

describe('the tools', () => {
  test('the table has every tool that changes something or shows a secret', () => {
    const acting = tools.filter(({ hints, name }) => !hints.readOnly || name === 'get_operation')

    expect(CALLS.map(({ tool }) => tool).toSorted()).toEqual(acting.map(({ name }) => name).toSorted())
  })

  test('each call that changes something or shows a secret writes its events, with person, application and request', async () => {
    const buyer = await aMember({ door, market }, aModernClient)
    const results: Results = {}
    await prepare(buyer)

    for (const { tool, input, events } of CALLS) {
      if (tool === 'checkout_cart') results.quote_cart = await buyer.ask('quote_cart')
      if (tool === 'get_operation') things.operation = await operationWithKeys()
      const written = await eventsOf(async () => {
        results[tool] = await buyer.ask(tool, input(results))
      })

      expect([tool, written.map(({ action }) => action)]).toEqual([tool, events])
      for (const event of written)
        expect([tool, event]).toEqual([
          tool,
          expect.objectContaining({
            outcome: 'done',
            customer: market.person('buyer'),
            connection: buyer.connection,
            client: CLIENT_ID,
            org: expect.stringMatching(/^org_/),
            request: expect.stringMatching(/./),
          }),
        ])
    }
  })

  test('each refused call writes one event with its code, and a call that only reads writes none', async () => {
    const viewer = await aMember({ door, market }, aModernClient, { name: 'viewer' })

    for (const { name } of tools) {
      let code: unknown
      const written = await eventsOf(async () => {
        const answer = await viewer.client.call(name, inputFor(name))
        code = answer.isError ? codeIn(answer.content) : undefined
      })
      const refused = { action: name, outcome: 'refused', code, customer: market.person('viewer') }
      const event = { ...refused, connection: viewer.connection, client: CLIENT_ID }
      expect([name, written]).toEqual([name, code ? [expect.objectContaining(event)] : []])
    }
  })

  async function prepare({ ask }: Member) {
    things.project = (await aProject(market, { name: 'From' })).id
    things.other = (await aProject(market, { name: 'To' })).id
    things.licence = (await aLicence(market, { package: 'fabrikam/module-labels' })).id
    await ask('list_projects')
  }

  /** The operation that made the first project: its keys can still be read. */
  async function operationWithKeys(): Promise<string> {
    const { id } = await database.db
      .selectFrom('operations')
      .select('id')
      .where('story', '=', 'setup_project')
      .executeTakeFirstOrThrow()
    return id
  }
})

function codeIn(content: readonly { text: string }[]): unknown {
  return (JSON.parse(content[1]?.text ?? '{}') as { error?: { code?: string } }).error?.code
}

/** What each route that is no GET writes when it works and when it is refused; `machine`: no person uses it. */
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
  test('the table has every route that is more than a GET', () => {
    const routes = actionsIn(app.printRoutes({ commonPrefix: false }))

    expect(Object.keys(ROUTES).toSorted()).toEqual(routes.toSorted())
  })

  const people = Object.entries(ROUTES).flatMap(([route, row]) =>
    'machine' in row ? [] : [{ route, ...row }],
  )

  test.for(people)(
    '$route writes $does with person and request',
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
    '$route writes its refusal once',
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

  test('a form without our token is refused and written to the log of the person', async () => {
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
