import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportStatus } from '#domain/operations'
import { isId } from '#kernel/ids'
import { aCardThatIsNoDefault } from '../support/a-card.ts'
import { aMarket, type Market } from '../support/a-market.ts'
import { aMember } from '../support/a-member.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aGitIntegration } from '../support/git.ts'
import { aMcpDoor, type McpDoor, noLimits } from '../support/mcp.ts'
import { aModernClient } from '../support/mcp-clients.ts'
import { ROUTES } from '../support/audited-routes.ts'
import { pathsOf } from '../support/routes.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
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

describe('the routes', () => {
  test('the table of audited forms has every route that is not a GET', () => {
    const routes = pathsOf(app, 'POST').map((path) => `POST ${path}`)

    expect(Object.keys(ROUTES).toSorted()).toEqual(routes.toSorted())
  })

  test.for(Object.entries(ROUTES).flatMap(([route, row]) => ('testedIn' in row ? [{ route, ...row }] : [])))(
    '$testedIn looks for the event $does of $route',
    ({ testedIn, does }) => {
      expect(readFileSync(`test/doors/${testedIn}.test.ts`, 'utf8')).toContain(does)
    },
  )

  const people = Object.entries(ROUTES).flatMap(([route, row]) => ('send' in row ? [{ route, ...row }] : []))

  test.for(people)(
    '$route writes the audit event $does with person and request',
    async ({ does, outcome = 'done', send }) => {
      const visitor = aVisitor(app)
      await visitor.signIn('buyer')
      const at = { visitor, ...(await whatTheBuyerHas('buyer')) }
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
      const at = { visitor, ...(await whatTheBuyerHas('buyer')) }
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

  /** A connection, a card of the org, and the link of an operation of that person that waits for a card. */
  async function whatTheBuyerHas(name: string) {
    const card = await aCardThatIsNoDefault(market, 'acme-retail')
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
    const of = { org: market.org('acme-retail'), customer: market.person(name) }
    const integration = await aGitIntegration(database.db, of)
    return { connection, card, link: link ?? '', integration }
  }
})
