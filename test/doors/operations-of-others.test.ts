import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { operationsOn, readOperation } from '#domain/operations'
import { orgForCustomer, type OrgAccess } from '#domain/orgs'
import { aLicence, aMarket, type Market } from '../support/a-market.ts'
import { aRun } from '../support/a-run.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { recordedStatements } from '../support/recorded-statements.ts'
import { noTemporal } from '../support/no-temporal.ts'
import { textOf } from '../support/text-of.ts'
import { writtenBy } from '../support/written-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  ;({ app } = await anApp(database.db))
})
afterEach(async () => {
  await database.db.updateTable('operations').set({ status: 'cancelled', finished_at: new Date() }).execute()
  await roleOf('buyer', 'owner')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const SECTION = 'Open for other members'
const stopOf = (id: string) => `/account/operations/${id}/stop`
const roleOf = (name: string, role: OrgAccess['role']) =>
  database.db
    .updateTable('org_members')
    .set({ role })
    .where('org_id', '=', market.org('acme-retail'))
    .where('customer_id', '=', market.person(name))
    .execute()

async function signedIn(name: string) {
  const visitor = aVisitor(app)
  await visitor.signIn(name)
  return { ...visitor, overview: (await visitor.get('/account')).body }
}

/** An operation of this member of Acme Retail that waits for a card. */
async function aWaiting(name = 'billing') {
  const customer = market.person(name)
  const { operation } = await operationsOn({ db: database.db, ...noTemporal }).startOrJoin(
    startAddPaymentMethod,
    {
      key: randomUUID(),
      caller: { customer, scopes: [] },
      org: await orgForCustomer(database.db, customer, market.org('acme-retail')),
      input: {},
      at: new Date(),
    },
  )
  await database.db
    .updateTable('operations')
    .set({ started_at: new Date() })
    .where('id', '=', operation.id)
    .execute()
  await aRun(database.db, operation.id).waits()
  return readOperation(database.db, operation.id)
}

/** A purchase of this member of Acme Retail that waits for the bank. */
async function aWaitingPurchase(name: string, bought: string): Promise<void> {
  const { order } = await aLicence(market, { package: bought })
  await database.db
    .updateTable('operations as p')
    .from('orders as o')
    .set({ asked_by: market.person(name), status: 'waiting_for_you', waiting_for: 'authentication' })
    .set({ waiting_until: new Date(Date.now() + 3_600_000), finished_at: null, result: null })
    .whereRef('o.operation_id', '=', 'p.id')
    .where('o.id', '=', order)
    .execute()
}

describe('what other members of an org have open', () => {
  test('an owner sees the operation of another member without its link, and stops it', async () => {
    const { id, url = '' } = await aWaiting()
    const bea = await signedIn('buyer')
    expect(bea.overview).toContain(SECTION)
    expect(bea.overview).toMatch(/Adding a card.*waits for a card.*Bill Billing/s)
    expect(url).toContain('/o/')
    expect(bea.overview).not.toContain(new URL(url).pathname)

    const written = await writtenBy(database.db, async () => {
      expect((await bea.post(stopOf(id))).statusCode).toBe(303)
    })

    expect(written).toMatchObject([
      {
        action: 'cancel_operation',
        outcome: 'done',
        operation: id,
        customer: market.person('buyer'),
        request: expect.any(String),
      },
    ])
    expect(await readOperation(database.db, id)).toMatchObject({ cancelRequested: true })
    const after = await bea.get('/account')
    expect(after.body).toContain('stopping')
    expect(after.body).not.toContain(stopOf(id))
  })

  test('the overview says what each purchase buys, and reads five of them by as many statements as one', async () => {
    const { db, statements } = recordedStatements(database.db)
    const { app: recorded } = await anApp(db)
    onTestFinished(() => recorded.close())
    const bea = aVisitor(recorded)
    await bea.signIn('buyer')
    const opens = async () => {
      statements.length = 0
      return { page: textOf((await bea.get('/account')).body), read: statements.length }
    }
    await aWaitingPurchase('billing', 'northwind/module-search')
    await aWaitingPurchase('buyer', 'northwind/module-stock')
    const one = await opens()
    for (const _ of [1, 2, 3, 4]) {
      await aWaitingPurchase('billing', 'northwind/module-search')
      await aWaitingPurchase('buyer', 'northwind/module-search')
    }

    const five = await opens()

    expect(one.page).toMatch(/49.00 EUR for northwind\/module-search · Bill Billing/)
    expect(one.page).toMatch(/EUR for northwind\/module-stock · until/)
    expect(five.page.match(/EUR for northwind/g)).toHaveLength(10)
    expect(five.read).toBe(one.read)
    // the buyer's own purchases are in their list of operations, too
    const listed = textOf((await bea.get('/account/operations')).body)
    expect(listed).toMatch(/northwind\/module-stock [\d.]+ EUR · You,/)
  })

  test.for(['developer', 'viewer', 'vendor'])(
    'the person %s neither sees nor stops the operation of another member',
    async (name) => {
      const { id } = await aWaiting()
      const visitor = await signedIn(name)

      const { statusCode } = await visitor.post(stopOf(id))

      expect([visitor.overview.includes(SECTION), statusCode]).toEqual([false, 404])
      expect(await readOperation(database.db, id)).not.toHaveProperty('cancelRequested')
    },
  )

  test('an owner who loses the role after the page was shown stops nothing of others any more', async () => {
    const { id } = await aWaiting()
    const bea = await signedIn('buyer')
    await roleOf('buyer', 'billing')

    expect((await bea.post(stopOf(id))).statusCode).toBe(404)

    expect(await readOperation(database.db, id)).not.toHaveProperty('cancelRequested')
  })

  test('a form without our token stops nothing', async () => {
    const { id } = await aWaiting()
    const bea = await signedIn('buyer')

    expect((await bea.post(stopOf(id), { _csrf: 'x' })).statusCode).toBe(403)

    expect(await readOperation(database.db, id)).not.toHaveProperty('cancelRequested')
  })

  test('an operation that was paid meanwhile is not stopped, and the page says so', async () => {
    const { id } = await aWaiting()
    const bea = await signedIn('buyer')
    await database.db.updateTable('operations').set({ cancellable: false }).where('id', '=', id).execute()

    const { statusCode, body } = await bea.post(stopOf(id))

    expect(statusCode).toBe(409)
    expect(body).toContain('has been paid and cannot be stopped')
  })

  test('what a member has open who left stays in sight', async () => {
    await aWaiting('developer')
    await database.db
      .deleteFrom('org_members')
      .where('org_id', '=', market.org('acme-retail'))
      .where('customer_id', '=', market.person('developer'))
      .execute()

    expect((await signedIn('buyer')).overview).toMatch(/, who left/)
  })
})
