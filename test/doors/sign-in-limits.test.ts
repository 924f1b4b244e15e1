import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { openPasswords } from '#domain/identity'
import { aMarket } from '../support/a-market.ts'
import { type Answered, aVisitor, csrfIn, type VisitorWanted } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db, { trustedProxies: ['10.9.9.9'] }))
})
// the failures of accounts are counted in the database, those of an address also in the app: each test has its own addresses
beforeEach(() => database.db.deleteFrom('attempts').execute())
afterAll(async () => {
  await app.close()
  await database.close()
})

/** Tries all these passwords at once; returns the responses. */
async function tryAll(
  passwords: string[],
  { name = 'buyer', at = app, ...wanted }: VisitorWanted & { name?: string; at?: FastifyInstance } = {},
) {
  const visitor = aVisitor(at, wanted)
  const _csrf = csrfIn((await visitor.get('/sign-in')).body)
  const email = `${name}@example.test`
  return Promise.all(passwords.map((password) => visitor.post('/sign-in', { email, password, _csrf })))
}
const guesses = (count: number) => Array.from({ length: count }, (_, i) => `guess ${i}`)
const statuses = (answers: Answered[]) => {
  const counted: Record<number, number> = {}
  for (const { statusCode } of answers) counted[statusCode] = (counted[statusCode] ?? 0) + 1
  return counted
}

function expectTooManyAttempts(answer: Answered | undefined, seconds: number) {
  expect(answer?.statusCode).toBe(429)
  expect(Number(answer?.headers['retry-after'])).toBeGreaterThan(seconds - 30)
  expect(Number(answer?.headers['retry-after'])).toBeLessThanOrEqual(seconds)
  expect(answer?.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(answer?.headers).not.toHaveProperty('x-ratelimit-limit')
  expect(answer?.body).toContain('Too many attempts to sign in.')
  expect(answer?.body).toContain(`Wait ${seconds / 60} minutes, then try again.`)
}

describe('one account from one IP address', () => {
  test('after ten failures in 15 minutes an account refuses even the right password from that IP address', async () => {
    const ip = '192.0.2.7'
    expect(statuses(await tryAll(guesses(10), { ip }))).toEqual({ 401: 10 })

    const [answer] = await tryAll(['sandbox-password'], { ip })

    expectTooManyAttempts(answer, 900)
    expect(statuses(await tryAll(['sandbox-password'], { ip, name: 'viewer' }))).toEqual({ 303: 1 })
    expect(statuses(await tryAll(['sandbox-password'], { ip: '192.0.2.8' }))).toEqual({ 303: 1 })
  })

  test('failed sign-ins of an account are counted across all processes', async () => {
    const ip = '192.0.2.17'
    await tryAll(guesses(10), { ip })
    const { app: other } = await anApp(database.db)
    const visitor = aVisitor(other, { ip })

    const answer = await visitor.signIn('buyer')

    expectTooManyAttempts(answer, 900)
    await other.close()
  })
})

describe('one address', () => {
  test('from one IP address 20 sign-ins may fail in five minutes, across all accounts', async () => {
    const ip = '192.0.2.27'
    const first = await tryAll(guesses(10), { ip, name: 'nobody1' })
    const second = await tryAll(guesses(10), { ip, name: 'nobody2' })

    const [answer] = await tryAll(['sandbox-password'], { ip })

    expect(statuses([...first, ...second])).toEqual({ 401: 20 })
    expectTooManyAttempts(answer, 300)
    expect(statuses(await tryAll(['sandbox-password'], { ip: '192.0.2.8' }))).toEqual({ 303: 1 })
  })

  test('all IPv6 addresses of a /48 network count as one address', async () => {
    const net = (last: string) => `2001:db8:1:${last}`
    await tryAll(guesses(10), { ip: net('2:3:4:5:6'), name: 'nobody1' })
    await tryAll(guesses(10), { ip: net('7::9'), name: 'nobody2' })

    const [same] = await tryAll(['sandbox-password'], { ip: net('ffff:ffff:ffff:ffff:ffff') })
    const [other] = await tryAll(['sandbox-password'], { ip: '2001:db8:2::1' })

    expect([same?.statusCode, other?.statusCode]).toEqual([429, 303])
  })

  test('the limit of an account and an address counts an IPv6 /64 network as one address', async () => {
    await tryAll(guesses(10), { ip: '2001:db8:3:2::1' })

    const [answer] = await tryAll(['sandbox-password'], { ip: '2001:db8:3:2::2' })

    expectTooManyAttempts(answer, 900)
  })

  test('the client address comes from the trusted proxy, and other senders of X-Forwarded-For are ignored', async () => {
    const from = (forwarded: string, ip: string) => {
      const visitor = aVisitor(app, { ip })
      return visitor
        .get('/sign-in')
        .then(() =>
          visitor.post(
            '/sign-in',
            { email: 'buyer@example.test', password: 'wrong' },
            { 'x-forwarded-for': forwarded },
          ),
        )
    }
    const throughProxy = await Promise.all(
      guesses(12).map((_, i) => from(`1.1.1.1, 198.51.100.${i}`, '10.9.9.9')),
    )
    const invented = await Promise.all(guesses(12).map((_, i) => from(`198.51.100.${i}`, '203.0.113.5')))

    expect(statuses(throughProxy)).toEqual({ 401: 12 })
    expect(statuses(invented)).toEqual({ 401: 10, 429: 2 })
  })
})

describe('a flood of passwords', () => {
  test('a flood of sign-ins is partly answered with 503, so that it cannot fill the memory', async () => {
    const passwords = openPasswords({ atOnce: 1, waiting: 2 })
    const { app: flooded } = await anApp(database.db, { passwords })
    onTestFinished(() => flooded.close())
    const flood = Array.from({ length: 20 }, (_, i) => tryAll(['wrong'], { name: `nobody${i}`, at: flooded }))

    const answers = (await Promise.all(flood)).flat()

    const counted = statuses(answers)
    expect(Object.keys(counted)).toEqual(['401', '503'])
    // one is checked, and two wait
    expect(counted[401]).toBeGreaterThanOrEqual(3)
    expect(answers.find(({ statusCode }) => statusCode === 503)?.body).toContain(
      'Try again in a few seconds.',
    )
  })
})
