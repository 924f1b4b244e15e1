import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { type Answered, aVisitor, csrfIn, type VisitorWanted } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const WRONG = 'The e-mail address or the password is wrong. Check both and try again.'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let logged: () => Record<string, unknown>[]
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app, logged } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const aNewVisitor = (wanted?: VisitorWanted) => aVisitor(app, wanted)
const setCookies = ({ headers }: Answered) => [headers['set-cookie'] ?? []].flat()
/** The page without its form token, which differs each time. */
const plain = ({ body }: Answered) => body.replaceAll(csrfIn(body) ?? 'nothing', 'TOKEN')

describe('signing in', () => {
  test('after a sign-in every page shows the name of the person and a button to sign out', async () => {
    const bea = aNewVisitor()
    expect((await bea.get('/')).body).toContain('<a href="/sign-in">Sign in</a>')

    const answer = await bea.signIn('buyer')

    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/'])
    for (const url of ['/', '/packages/northwind/module-search', '/nothing/here', '/sign-in']) {
      const { body, headers } = await bea.get(url)
      expect(body).toContain('Bea Buyer')
      expect(body).toContain('action="/sign-out"')
      expect(body).not.toContain('<a href="/sign-in">Sign in</a>')
      expect(headers['cache-control']).toBe('no-store')
    }
  })

  test('the session cookie is bound to this host and to https, and scripts cannot read it', async () => {
    const answer = await aNewVisitor().signIn('buyer')

    expect(setCookies(answer)).toEqual([
      expect.stringMatching(
        /^__Host-session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ])
  })

  test('the session cookie works without https on this machine, under each of its host names', async () => {
    const { app: local } = await anApp(database.db, { publicUrl: 'http://127.0.0.1:3831' })

    for (const host of ['127.0.0.1:3831', 'localhost:3831', '[::1]:3831']) {
      const visitor = aVisitor(local, { host })
      const page = await visitor.get('/sign-in')
      const answer = await visitor.signIn('buyer')
      expect(setCookies(page)).toEqual([
        expect.stringMatching(/^csrf=[\w-]{24}; Path=\/; HttpOnly; SameSite=Lax$/),
      ])
      expect(setCookies(answer)).toEqual([
        expect.stringMatching(/^session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/),
      ])
      expect((await visitor.get('/')).body).toContain('Bea Buyer')
    }
    await local.close()
  })

  test('a second sign-in starts a new session and ends the first', async () => {
    const bea = aNewVisitor()
    await bea.signIn('buyer')
    const before = bea.cookies.get('__Host-session') ?? ''

    await bea.signIn('developer')

    const thief = aNewVisitor()
    thief.cookies.set('__Host-session', before)
    expect((await bea.get('/')).body).toContain('Dev Developer')
    expect((await thief.get('/')).body).toContain('<a href="/sign-in">')
  })

  test('a sign-in replaces a session id that an attacker has planted', async () => {
    const bea = aNewVisitor()
    const planted = 'A'.repeat(43)
    bea.cookies.set('__Host-session', planted)

    await bea.signIn('buyer')

    expect(bea.cookies.get('__Host-session')).not.toBe(planted)
  })

  test('a visitor who only reads the catalogue gets no cookie', async () => {
    expect(setCookies(await aNewVisitor().get('/'))).toEqual([])
  })

  test('the log contains no password, e-mail address or session', async () => {
    const bea = aNewVisitor()
    await bea.signIn('buyer', 'hunter2 hunter2')
    await bea.signIn('buyer')

    const lines = JSON.stringify(logged())
    expect(lines).toContain('/sign-in')
    for (const secret of ['hunter2', 'sandbox-password', 'buyer@', bea.cookies.get('__Host-session') ?? ''])
      expect(lines).not.toContain(secret)
  })
})

describe('a sign-in with a wrong e-mail address or password', () => {
  test('a failed sign-in gets the same bytes whether the address is known, disabled or unknown', async () => {
    const { db } = database
    const renamed = (from: string, to: string) =>
      db.updateTable('customers').set({ email_norm: to }).where('email_norm', '=', from).execute()
    const disable = (at: Date | null) =>
      db
        .updateTable('customers')
        .set({ disabled_at: at })
        .where('email_norm', '=', 'viewer@example.test')
        .execute()

    const known = await aNewVisitor().signIn('viewer', 'wrong')
    await disable(new Date())
    const disabled = await aNewVisitor().signIn('viewer')
    await disable(null)
    await renamed('viewer@example.test', 'elsewhere@example.test')
    const unknown = await aNewVisitor().signIn('viewer')
    await renamed('elsewhere@example.test', 'viewer@example.test')

    expect(known.statusCode).toBe(401)
    expect(known.body).toContain(WRONG)
    for (const other of [disabled, unknown]) {
      expect(other.statusCode).toBe(known.statusCode)
      expect(plain(other)).toBe(plain(known))
      expect(Object.keys(other.headers)).toEqual(Object.keys(known.headers))
      expect(setCookies(other)).toEqual([])
    }
  })

  test.for([
    { email: '', password: '' },
    { email: 'buyer@example.test' },
    { password: 'sandbox-password' },
    { email: `${'x'.repeat(300)}@example.test`, password: 'sandbox-password' },
    {},
  ])('the incomplete or malformed fields %j count as a wrong sign-in', async (fields) => {
    const visitor = aNewVisitor()
    await visitor.get('/sign-in')

    const { statusCode, body } = await visitor.post('/sign-in', fields)

    expect(statusCode).toBe(401)
    expect(body).toContain(WRONG)
  })

  test('a failed sign-in is shown and announced to screen readers, without the password', async () => {
    const { body } = await aNewVisitor().signIn('viewer', 'my wrong password')

    expect(body).toMatch(/<div\s[^>]*role="alert"\s+id="mistake"[^>]*>/)
    expect(body.match(/aria-invalid="true" aria-describedby="mistake"/g)).toHaveLength(2)
    expect(body).toContain('value="viewer@example.test"')
    expect(body).not.toContain('my wrong password')
  })

  test('the page of a failed sign-in escapes the e-mail address', async () => {
    const visitor = aNewVisitor()
    await visitor.get('/sign-in')

    const email = `"><script>alert(1)</script>@example.test`
    const { body } = await visitor.post('/sign-in', { email, password: 'x', continue: '/"><script>' })

    expect(body).toContain('value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;@example.test"')
    expect(body).not.toContain('<script')
  })

  test('a sign-in form that is too large is answered with 413', async () => {
    const visitor = aNewVisitor()
    await visitor.get('/sign-in')

    const { statusCode } = await visitor.post('/sign-in', { email: 'x', password: 'x'.repeat(10_000) })

    expect(statusCode).toBe(413)
  })
})

describe('signing out', () => {
  test('signing out ends the session in the database and deletes the cookie', async () => {
    const bea = aNewVisitor()
    await bea.signIn('buyer')
    const token = bea.cookies.get('__Host-session') ?? ''
    await bea.get('/')

    const answer = await bea.post('/sign-out')

    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/'])
    expect(setCookies(answer)).toEqual([
      expect.stringMatching(/^__Host-session=; .*Path=\/; .*HttpOnly; Secure; SameSite=Lax$/),
    ])
    const thief = aNewVisitor()
    thief.cookies.set('__Host-session', token)
    expect((await thief.get('/')).body).toContain('<a href="/sign-in">')
  })

  test('the sign-out has no page and does nothing for a visitor who is not signed in', async () => {
    const visitor = aNewVisitor()
    await visitor.get('/sign-in')

    expect((await visitor.get('/sign-out')).statusCode).toBe(404)
    expect((await visitor.post('/sign-out')).statusCode).toBe(303)
  })
})
