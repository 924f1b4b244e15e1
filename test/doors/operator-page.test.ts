import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { raiseForOperator } from '#domain/incidents'
import { anApp } from '../support/an-app.ts'
import { aMarket } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { aDatabase } from '../support/database.ts'

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
  expect(body).not.toContain('<b>')
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
