import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storablePath } from '../../src/api/customer-area/own-path.ts'
import { aMarket } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
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

describe('the redirect after a sign-in', () => {
  test.for([
    ['/packages/northwind/module-search?a=1&b=%2F', '/packages/northwind/module-search?a=1&b=%2F'],
    ['/connect/x#part', '/connect/x#part'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['//evil.example', '/'],
    ['///evil.example', '/'],
    ['/\\evil.example', '/'],
    ['\\\\evil.example', '/'],
    ['/a\\..\\evil', '/'],
    ['/\t/evil.example', '/'],
    ['/\r\nset-cookie: a=b', '/'],
    ['/\u0085x', '/'],
    ['/.//evil.example', '/'],
    ['/..//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['https:/evil.example', '/'],
    ['javascript:alert(1)', '/'],
    [' /here', '/'],
    ['here', '/'],
    ['', '/'],
    [`/${'x'.repeat(3_000)}`, '/'],
  ] as const)('a sign-in that should continue at %j redirects to %s', async ([wanted, location]) => {
    const bea = aVisitor(app)
    const page = await bea.get(`/sign-in?continue=${encodeURIComponent(wanted)}`)

    const fields = { email: 'buyer@example.test', password: 'sandbox-password', continue: wanted }
    const answer = await bea.post('/sign-in', fields)

    expect([answer.statusCode, answer.headers.location]).toEqual([303, location])
    expect(page.body).toContain(`name="continue" value="${location.replaceAll('&', '&#38;')}"`)
  })

  test.for([
    ['/share/a-token', '/account'],
    ['/invites/a-token', '/account'],
    ['/invites/a-token?more=1', '/account'],
    [`/invites/inv_${'A'.repeat(26)}b-token`, '/account'],
    [`/invites/inv_${'A'.repeat(26)}`, `/invites/inv_${'A'.repeat(26)}`],
    ['/shared', '/shared'],
  ] as const)('where to continue after a sign-up at %s is stored as %s', ([path, stored]) => {
    expect(storablePath(path)).toBe(stored)
  })

  test('a sign-in with two continue parameters redirects to the start page', async () => {
    const { body } = await aVisitor(app).get('/sign-in?continue=/a&continue=/b')

    expect(body).toContain('name="continue" value="/"')
  })
})
