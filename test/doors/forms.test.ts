import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { type Answered, aVisitor, csrfIn } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const RIGHT = { email: 'buyer@example.test', password: 'sandbox-password' }

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

const aNewVisitor = () => aVisitor(app)

function expectExpired({ statusCode, body, headers }: Answered) {
  expect(statusCode).toBe(403)
  expect(body).toContain('This form is no longer valid.')
  expect(headers['set-cookie']).toBeUndefined()
}

describe('a form that is not the visitor’s own', () => {
  test('a form is refused when its token is missing or not one of ours', async () => {
    const visitor = aNewVisitor()
    const token = csrfIn((await visitor.get('/sign-in')).body) ?? ''

    for (const _csrf of [undefined, '', 'x', `${token}x`, token.slice(1), token.replace(/^[^-]*/, 'x')])
      expectExpired(await visitor.post('/sign-in', { ...RIGHT, _csrf }))
    expect((await visitor.post('/sign-in', { ...RIGHT, _csrf: token })).statusCode).toBe(303)
  })

  test('a form is refused without the cookie of its token, or with the cookie of another visitor', async () => {
    const [visitor, other] = [aNewVisitor(), aNewVisitor()]
    const token = csrfIn((await visitor.get('/sign-in')).body)
    await other.get('/sign-in')
    visitor.cookies.clear()

    expectExpired(await visitor.post('/sign-in', RIGHT))
    expectExpired(await other.post('/sign-in', { ...RIGHT, _csrf: token }))
  })

  test('a form from before a sign-in or a sign-out is refused after it', async () => {
    const bea = aNewVisitor()
    const asVisitor = csrfIn((await bea.get('/sign-in')).body)
    await bea.post('/sign-in', RIGHT)
    expectExpired(await bea.post('/sign-out', { _csrf: asVisitor }))
    const asBea = csrfIn((await bea.get('/')).body)
    expect((await bea.post('/sign-out', { _csrf: asBea })).statusCode).toBe(303)

    expectExpired(await bea.post('/sign-out', { _csrf: asBea }))
  })

  test('a form with the token of another session is refused, even together with the cookie of that session', async () => {
    const [bea, mallory] = [aNewVisitor(), aNewVisitor()]
    await bea.signIn('buyer')
    await mallory.signIn('viewer')
    const token = csrfIn((await mallory.get('/')).body)
    bea.cookies.set('__Host-csrf', mallory.cookies.get('__Host-csrf') ?? '')

    expectExpired(await bea.post('/sign-out', { _csrf: token }))
    expect((await bea.get('/')).body).toContain('Bea Buyer')
  })

  test('a form is refused when its token is in a header or in the query', async () => {
    const visitor = aNewVisitor()
    const token = csrfIn((await visitor.get('/sign-in')).body) ?? ''

    const given = { ...RIGHT, _csrf: undefined }
    expectExpired(await visitor.post('/sign-in', given, { 'x-csrf-token': token }))
    expectExpired(await visitor.post(`/sign-in?_csrf=${token}`, given))
  })

  test('a program gets the same refusal with an error code', async () => {
    const { statusCode, body } = await aNewVisitor().post('/sign-out', {}, { accept: 'application/json' })

    expect(statusCode).toBe(403)
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'FST_CSRF_MISSING_SECRET' } })
  })

  test('a form that is sent as JSON is refused with 415', async () => {
    const visitor = aNewVisitor()
    const token = csrfIn((await visitor.get('/sign-in')).body)
    const cookie = [...visitor.cookies].map((pair) => pair.join('=')).join('; ')

    const { statusCode } = await app.inject({
      method: 'POST',
      url: '/sign-in',
      headers: { host: 'market.example', cookie },
      payload: { ...RIGHT, _csrf: token },
    })

    expect(statusCode).toBe(415)
  })
})

describe('all forms of one page', () => {
  test('all forms of one page carry the same token, and it works', async () => {
    const bea = aNewVisitor()
    await bea.signIn('buyer')
    bea.cookies.delete('__Host-csrf')

    const page = await bea.get('/sign-in')

    const tokens = [...page.body.matchAll(/name="_csrf" value="([^"]+)"/g)].map(([, token]) => token)
    expect([page.headers['set-cookie']].flat()).toHaveLength(1)
    expect(tokens).toHaveLength(3)
    expect(new Set(tokens).size).toBe(1)
    expect((await bea.post('/sign-out')).statusCode).toBe(303)
  })
})

describe('a form that another site sends', () => {
  test.for([
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ 'sec-fetch-site': '' }, 403],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://market.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'http://market.example' }, 403],
    [{ origin: 'https://market.example:8443' }, 403],
    [{ origin: 'https://market.example.evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'https://market.example' }, 303],
    [{ 'sec-fetch-site': 'same-origin' }, 303],
    [{ 'sec-fetch-site': 'none' }, 303],
    [{}, 303],
  ] as const)(
    'a form with a valid token and the headers %j is answered with %i',
    async ([headers, status]) => {
      const visitor = aNewVisitor()
      await visitor.get('/sign-in')

      const answer = await visitor.post('/sign-in', RIGHT, headers)

      expect(answer.statusCode).toBe(status)
    },
  )

  test('a visitor may follow a link from another site', async () => {
    expect((await aNewVisitor().get('/', { 'sec-fetch-site': 'cross-site' })).statusCode).toBe(200)
  })
})

describe('a Host header that does not name this site', () => {
  test.for([
    'evil.example',
    'market.example.evil.example',
    'localhost',
    '127.0.0.1:3000',
    'market.example@evil.example',
    '',
  ])('the Host header %j is refused on every page', async (host) => {
    for (const url of ['/', '/sign-in', '/nothing/here']) {
      const { statusCode, headers } = await aNewVisitor().get(url, { host })
      expect(statusCode).toBe(403)
      expect(headers['set-cookie']).toBeUndefined()
    }
  })

  test('health, Composer and MCP doors accept any Host header and need no form token', async () => {
    const host = 'pod-7:3000'
    const toComposer = { method: 'POST', url: '/composer/downloads', headers: { host } } as const

    expect((await app.inject({ url: '/healthz', headers: { host } })).statusCode).toBe(200)
    expect((await app.inject(toComposer)).statusCode).toBe(401)
    const toMcp = {
      'content-type': 'application/json',
      host: 'market.example',
      'sec-fetch-site': 'cross-site',
    }
    const answer = await app.inject({ method: 'POST', url: '/mcp', headers: toMcp, payload: '{}' })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('Bearer')
  })
})
