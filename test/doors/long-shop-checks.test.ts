import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { manyVendors } from '../support/many-vendors.ts'

const PATH = '/account/resolve'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let buyer: Visitor
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db))
  buyer = aVisitor(app)
  await buyer.signIn('buyer')
  await buyer.get(PATH)
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const check = (require: Record<string, string>) =>
  buyer.post(PATH, { composer_json: JSON.stringify({ require }) })

test('thousands of unknown names give a short page', async () => {
  const name = (n: number) => `northwind/${'x'.repeat(40)}-${n}`
  const require = Object.fromEntries(Array.from({ length: 9_999 }, (_, n) => [name(n), '*']))
  const { body } = await check(require)

  expect(body).toContain(`has no ${name(0)}, ${name(1)}, ${name(2)} and 9996 more.`)
  expect(body.length).toBeLessThan(30_000)
})

test('of many conflicts the page shows the first 200', async () => {
  const slugs = await manyVendors(database.db, 201)
  const require = Object.fromEntries(slugs.map((slug) => [`${slug}/none`, '*']))
  const { body } = await check(require)

  expect(body.match(/This market serves the packages of/g)).toHaveLength(200)
  expect(body).toContain('The first 200 of 201.')
})
