import { randomBytes } from 'node:crypto'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSecrets } from '#platform/secrets'
import { html } from '../../src/api/customer-area/html.ts'
import { sendPage } from '../../src/api/customer-area/layout.ts'
import { csrfField, identifyVisitors, sessionOf, signedIn } from '../../src/api/customer-area/session.ts'
import { aCustomer, type Customer, DAY, START } from '../support/a-customer.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let ann: Customer
let app: FastifyInstance
let now = START
/** Database statements so far. */
let statements = 0
beforeAll(async () => {
  database = await aDatabase()
  ann = await aCustomer(database.db)
  app = Fastify()
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const db = database.db.withPlugin({
    transformQuery: ({ node }) => {
      statements++
      return node
    },
    transformResult: async ({ result }) => result,
  })
  await app.register(async (pages) => {
    await identifyVisitors(pages, { db, secrets, publicUrl: 'https://market.example', now: () => now })
    pages.get('/mine', async (request, reply) => {
      const session = await signedIn(request, reply)
      if (!session) return reply
      return sendPage(reply, {
        title: 'Mine',
        body: html`<p>Of ${session.email}</p>
          ${csrfField(reply)}`,
      })
    })
  })
  app.get('/elsewhere', async (request) => ({ session: (await sessionOf(request)) ?? 'nobody' }))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const signedInVisitor = async () => {
  const visitor = aVisitor(app)
  visitor.cookies.set('__Host-session', await ann.tries())
  return visitor
}

describe('a page for signed-in visitors', () => {
  test('a page that needs a sign-in sends the visitor to sign in and back, with the query', async () => {
    const { statusCode, headers } = await aVisitor(app).get('/mine?page=2&of=%2F')

    expect(statusCode).toBe(303)
    expect(headers.location).toBe('/sign-in?continue=%2Fmine%3Fpage%3D2%26of%3D%252F')
    expect(headers['cache-control']).toBe('no-store')
  })

  test('a page needs one SQL statement to find out who is signed in', async () => {
    const visitor = await signedInVisitor()
    statements = 0

    const { statusCode, body } = await visitor.get('/mine')

    expect([statusCode, statements]).toEqual([200, 1])
    expect(body).toContain(`Of ${ann.email}`)
    expect(body).toContain('Ann')
  })

  test('a cookie in another format than ours causes no SQL statement', async () => {
    const visitor = aVisitor(app)
    statements = 0

    for (const token of ['', 'x', 'A'.repeat(44), `${'A'.repeat(42)}.`, '%00'.repeat(43)]) {
      visitor.cookies.set('__Host-session', token)
      expect((await visitor.get('/mine')).statusCode).toBe(303)
    }
    expect(statements).toBe(0)
  })

  test('a page sends the visitor to the sign-in when the session has expired or the customer is disabled', async () => {
    const visitor = await signedInVisitor()
    const status = async () => (await visitor.get('/mine')).statusCode

    expect(await status()).toBe(200)
    await ann.disable(START)
    expect(await status()).toBe(303)
    await ann.disable(null)
    expect(await status()).toBe(200)
    now = new Date(START.getTime() + 14 * DAY)
    expect(await status()).toBe(303)
  })
})

describe('a route outside the pages', () => {
  test('a route outside the pages sees no session', async () => {
    const visitor = await signedInVisitor()

    expect((await visitor.get('/elsewhere')).json()).toEqual({ session: 'nobody' })
  })
})
