import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Insertable } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { raiseForOperator } from '#domain/incidents'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Operations } from '#platform/tables'
import { anApp } from '../support/an-app.ts'
import { aMarket } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { aDatabase } from '../support/database.ts'
import { aPerson } from '../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const FAILED = {
  status: 'failed',
  error: JSON.stringify({ code: 'card_declined', message: 'The card was declined; nothing was charged.' }),
} as const

const EIGHT_DAYS_AGO = new Date(Date.now() - 8 * 24 * 60 * 60_000)

async function anOperation(db: Db, values: Partial<Insertable<Operations>> & { created_at?: Date }) {
  const { customer, org } = await aPerson(db)
  const id = mintId('op', values.created_at ?? Date.now(), Math.random)
  const link = randomBytes(32).toString('base64url')
  const at = new Date()
  await db
    .insertInto('operations')
    .values({
      id,
      link,
      org_id: org.id,
      story: 'checkout_cart',
      idempotency_key: id,
      input: '{}',
      input_hash: Buffer.alloc(32),
      asked_by: customer,
      workflow_id: `checkout_cart/${id}`,
      status: 'running',
      created_at: at,
      updated_at: at,
      ...values,
    })
    .execute()
  return { id, link }
}

async function opened(name?: string) {
  const visitor = aVisitor(app)
  if (name) await visitor.signIn(name)
  return visitor.get('/operator')
}

test('an operator sees what needs one, with what to do', async () => {
  const empty = await opened('operator')
  const incident = { kind: 'our_defect', object: 'op_1', detail: 'chargeLine:line_1: <b>' } as const
  await raiseForOperator(database.db, { ...incident, at: new Date() })

  const { statusCode, body } = await opened('operator')

  expect(empty.body).toContain('Nothing needs an operator')
  expect(statusCode).toBe(200)
  for (const text of ['A step failed because of a defect of ours.', 'op_1', 'docs/operating.md#our-defect'])
    expect(body).toContain(text)
  // the command takes a note of 5 to 500 characters
  expect(body).toMatch(/npm run admin -- done inc_\w+ --note &#34;what you did&#34;/)
  expect(body).not.toContain('<b>')
})

test('an operator sees the open and the failed operations of all orgs, with the reason and their runs', async () => {
  const empty = await opened('operator')
  const { db } = database
  const [waits, stuck, old] = [
    await anOperation(db, { status: 'waiting_for_you', waiting_for: 'authentication' }),
    await anOperation(db, { updated_at: new Date(Date.now() - 3_600_000) }),
    await anOperation(db, { ...FAILED, finished_at: new Date(), created_at: EIGHT_DAYS_AGO }),
  ]
  const failed = await anOperation(db, { ...FAILED, finished_at: new Date() })

  const { body } = await opened('operator')

  expect(empty.body).toContain('No operation runs or waits for a person.')
  expect(empty.body).toContain('No operation of the last 7 days failed.')
  for (const text of [waits.id, stuck.id, failed.id, 'no progress', 'card_declined', 'confirms the payment'])
    expect(body).toContain(text)
  expect(body).toContain(
    `https://temporal.example/namespaces/packagento/workflows?query=OperationId%3D%22${failed.id}%22`,
  )
  expect(body).not.toContain(old.id)
  expect(body).toMatch(/: checkout of the cart\s/)
  // the page of an operation is its owner's
  expect(body).not.toContain(waits.link)
})

test('nobody else learns that there is such a page, and a visitor has to sign in', async () => {
  const [buyer, visitor] = [await opened('buyer'), await opened()]

  expect(buyer.statusCode).toBe(404)
  expect(buyer.body).not.toContain('our-defect')
  expect([visitor.statusCode, visitor.headers.location]).toEqual([303, expect.stringContaining('/sign-in')])
})

test('an operator who is one no longer sees the page no longer', async () => {
  const visitor = aVisitor(app)
  await visitor.signIn('operator')
  const operator = database.db.updateTable('customers').where('email_norm', '=', 'operator@example.test')

  await operator.set({ operator_since: null }).execute()

  expect((await visitor.get('/operator')).statusCode).toBe(404)
})
