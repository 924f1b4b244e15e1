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
  database = await aDatabase()
  await aMarket(database.db)
  ;({ app, logged } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const someone = (wanted?: VisitorWanted) => aVisitor(app, wanted)
const setCookies = ({ headers }: Answered) => [headers['set-cookie'] ?? []].flat()
/** A page without what differs each time. */
const plain = ({ body }: Answered) => body.replaceAll(csrfIn(body) ?? 'nothing', 'TOKEN')

describe('signing in', () => {
  test('leads on, and every page then says who it is and offers to sign out', async () => {
    const bea = someone()
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

  test('gives a cookie that only this site over https gets, and no script reads', async () => {
    const answer = await someone().signIn('buyer')

    expect(setCookies(answer)).toEqual([
      expect.stringMatching(
        /^__Host-session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ])
  })

  test('gives one without https on this machine, at any of its names', async () => {
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

  test('again gives another session, and the one before is dead', async () => {
    const bea = someone()
    await bea.signIn('buyer')
    const before = bea.cookies.get('__Host-session') ?? ''

    await bea.signIn('developer')

    const thief = someone()
    thief.cookies.set('__Host-session', before)
    expect((await bea.get('/')).body).toContain('Dev Developer')
    expect((await thief.get('/')).body).toContain('<a href="/sign-in">')
  })

  test('never takes over a session id that somebody else has put there', async () => {
    const bea = someone()
    const planted = 'A'.repeat(43)
    bea.cookies.set('__Host-session', planted)

    await bea.signIn('buyer')

    expect(bea.cookies.get('__Host-session')).not.toBe(planted)
  })

  test('leaves visitors who only look without any cookie', async () => {
    expect(setCookies(await someone().get('/'))).toEqual([])
  })

  test('leaves no password, address or session in the log', async () => {
    const bea = someone()
    await bea.signIn('buyer', 'hunter2 hunter2')
    await bea.signIn('buyer')

    const lines = JSON.stringify(logged())
    expect(lines).toContain('/sign-in')
    for (const secret of ['hunter2', 'sandbox-password', 'buyer@', bea.cookies.get('__Host-session') ?? ''])
      expect(lines).not.toContain(secret)
  })
})

describe('a wrong pair', () => {
  test('is answered byte for byte alike, whether the address is known, disabled or nobody’s', async () => {
    const { db } = database
    const renamed = (from: string, to: string) =>
      db.updateTable('customers').set({ email_norm: to }).where('email_norm', '=', from).execute()
    const disable = (at: Date | null) =>
      db
        .updateTable('customers')
        .set({ disabled_at: at })
        .where('email_norm', '=', 'viewer@example.test')
        .execute()

    const known = await someone().signIn('viewer', 'wrong')
    await disable(new Date())
    const disabled = await someone().signIn('viewer')
    await disable(null)
    await renamed('viewer@example.test', 'elsewhere@example.test')
    const nobodys = await someone().signIn('viewer')
    await renamed('elsewhere@example.test', 'viewer@example.test')

    expect(known.statusCode).toBe(401)
    expect(known.body).toContain(WRONG)
    for (const other of [disabled, nobodys]) {
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
    { email: 'buyer@example.test\0', password: 'sandbox-password' },
    { email: `${'x'.repeat(300)}@example.test`, password: 'sandbox-password' },
    {},
  ])('is one that is not whole: %j', async (fields) => {
    const visitor = someone()
    await visitor.get('/sign-in')

    const { statusCode, body } = await visitor.post('/sign-in', fields)

    expect(statusCode).toBe(401)
    expect(body).toContain(WRONG)
  })

  test('is told to those who see and those who listen, and the password is not repeated', async () => {
    const { body } = await someone().signIn('viewer', 'my wrong password')

    expect(body).toContain('<p id="mistake" class="mistake" role="alert">')
    expect(body.match(/aria-invalid="true" aria-describedby="mistake"/g)).toHaveLength(2)
    expect(body).toContain('value="viewer@example.test"')
    expect(body).not.toContain('my wrong password')
  })

  test('is text and never markup', async () => {
    const visitor = someone()
    await visitor.get('/sign-in')

    const email = `"><script>alert(1)</script>@example.test`
    const { body } = await visitor.post('/sign-in', { email, password: 'x', continue: '/"><script>' })

    expect(body).toContain('value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;@example.test"')
    expect(body).not.toContain('<script')
  })

  test('that is larger than a form can be is not read', async () => {
    const visitor = someone()
    await visitor.get('/sign-in')

    const { statusCode } = await visitor.post('/sign-in', { email: 'x', password: 'x'.repeat(10_000) })

    expect(statusCode).toBe(413)
  })
})

describe('signing out', () => {
  test('ends the session here and in the database, and forgets its cookie', async () => {
    const bea = someone()
    await bea.signIn('buyer')
    const token = bea.cookies.get('__Host-session') ?? ''
    await bea.get('/')

    const answer = await bea.post('/sign-out')

    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/'])
    expect(setCookies(answer)).toEqual([
      expect.stringMatching(/^__Host-session=; .*Path=\/; .*HttpOnly; Secure; SameSite=Lax$/),
    ])
    const thief = someone()
    thief.cookies.set('__Host-session', token)
    expect((await thief.get('/')).body).toContain('<a href="/sign-in">')
  })

  test('is no page to look at, and does nothing for a visitor', async () => {
    const visitor = someone()
    await visitor.get('/sign-in')

    expect((await visitor.get('/sign-out')).statusCode).toBe(404)
    expect((await visitor.post('/sign-out')).statusCode).toBe(303)
  })
})
