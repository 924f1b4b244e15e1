import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orgsOf } from '#domain/orgs'
import {
  type AccountMarket,
  anAccountMarket,
  DAY,
  isSignedIn,
  MINUTE,
  PASSWORD,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

/** Asks for a link to sign up; returns its path. */
async function asksForLink(email: string): Promise<string> {
  expect((await market.asks('/sign-up', email)).statusCode).toBe(200)
  return market.mail.linkTo(email)
}
const FORM = { name: 'Ann Example', password: PASSWORD }

describe('a person without an account', () => {
  test('a person signs up by a mailed link, chooses a password, and owns a personal org', async () => {
    const email = market.aNewEmail()
    const ann = market.visitor()
    await ann.get('/sign-up?continue=%2Fp%2Fnorthwind')
    await ann.post('/sign-up', { email, continue: '/p/northwind' })
    const link = await market.mail.linkTo(email)
    expect(await market.customer(email)).toBeUndefined()

    const page = await ann.get(link)
    const done = await ann.post(link, FORM)

    expect([page.statusCode, done.statusCode]).toEqual([200, 303])
    expect(page.body).toContain(email)
    expect(done.headers.location).toBe('/p/northwind')
    const customer = await market.customer(email)
    expect(customer).toMatchObject({ display_name: 'Ann Example' })
    expect(await orgsOf(market.db, customer!.id)).toMatchObject([
      { slug: email.split('@')[0], name: 'Ann Example', role: 'owner' },
    ])
    expect((await ann.get('/')).body).toContain('Ann Example')
    expect(await market.events(email)).toEqual(['sign_up done'])
    expect((await market.signsIn(email)).answer.statusCode).toBe(303)
  })

  test('opening a sign-up link changes nothing, so a mail scanner does not use it up', async () => {
    const email = market.aNewEmail()
    const link = await asksForLink(email)

    for (let i = 0; i < 3; i++) expect((await market.visitor().get(link)).statusCode).toBe(200)

    expect(await market.customer(email)).toBeUndefined()
    const ann = market.visitor()
    await ann.get(link)
    expect((await ann.post(link, FORM)).statusCode).toBe(303)
  })

  test('a sign-up link works only once', async () => {
    const email = market.aNewEmail()
    const link = await asksForLink(email)
    const [ann, mallory] = [market.visitor(), market.visitor()]
    await ann.get(link)
    await mallory.get(link)
    await ann.post(link, FORM)
    const before = await market.customer(email)

    const again = await mallory.post(link, { name: 'Mallory', password: 'another secret of mine' })

    expect(again.statusCode).toBe(404)
    expect(await isSignedIn(mallory)).toBe(false)
    expect(await market.customer(email)).toEqual(before)
    expect((await market.visitor().get(link)).statusCode).toBe(404)
  })

  test('a sign-up link works for 24 hours', async () => {
    const [early, late] = [market.aNewEmail(), market.aNewEmail()]
    const [one, other] = [await asksForLink(early), await asksForLink(late)]
    const ann = market.visitor()

    market.passes(DAY - 2 * MINUTE)
    await ann.get(one)
    expect((await ann.post(one, FORM)).statusCode).toBe(303)
    market.passes(2 * MINUTE)

    await ann.get('/')
    expect((await ann.post(other, FORM)).statusCode).toBe(404)
    expect(await market.customer(late)).toBeUndefined()
  })

  test.for([
    ['short', 'otters', /at least 12/],
    ['common', 'passwordpassword', /easy to guess/],
    ['the address', undefined, /easy to guess/],
    ['long', 'x'.repeat(129), /at most 128/],
  ] as const)('a password that is %s is refused, and the link still works', async ([, given, why]) => {
    const email = market.aNewEmail()
    const password = given ?? email
    const link = await asksForLink(email)
    const ann = market.visitor()
    await ann.get(link)

    const refused = await ann.post(link, { name: 'Ann <b>', password })

    expect(refused.statusCode).toBe(422)
    expect(refused.body).toMatch(why)
    expect(refused.body).toContain('value="Ann &#60;b&#62;"')
    expect(refused.body).not.toMatch(/type="password"\s+value="[^"]/)
    expect((await ann.post(link, FORM)).statusCode).toBe(303)
  })

  test.for(['', '   ', 'x'.repeat(101), 'Ann\u202eexe', 'Аnn', 'Ѕupport', 'Packagento Support', 'Аԁміп'])(
    'a name like %j is refused',
    async (name) => {
      const link = await asksForLink(market.aNewEmail())
      const ann = market.visitor()
      await ann.get(link)

      expect((await ann.post(link, { ...FORM, name })).statusCode).toBe(422)
    },
  )

  test.for([
    '',
    'ann',
    'ann@',
    'ann@host',
    'a b@example.test',
    'a@b.test,c@d.test',
    'a@b.test\r\nBcc: c@d.test',
    `${'x'.repeat(250)}@b.test`,
  ])('no mail is sent to %j', async (email) => {
    const answer = await market.asks('/sign-up', email)

    expect(answer.statusCode).toBe(422)
    expect(answer.body).toContain('This is not an e-mail address.')
  })

  test('an address in capitals is the same address', async () => {
    const email = market.aNewEmail()
    await market.asks('/sign-up', `  ${email.toUpperCase()} `)
    const link = await market.mail.linkTo(email)
    const ann = market.visitor()
    await ann.get(link)
    await ann.post(link, FORM)

    expect(await market.customer(email)).toMatchObject({ email_norm: email })
  })

  test('no table contains the token of a link', async () => {
    const email = market.aNewEmail()
    const token = (await asksForLink(email)).split('/').at(-1) ?? ''

    const links = await market.db.selectFrom('mail_links').selectAll().execute()
    const mails = await market.db.selectFrom('mails').selectAll().execute()

    expect(token).toMatch(/^[\w-]{43}$/)
    expect(JSON.stringify([links, mails])).not.toContain(token)
    expect(JSON.stringify(market.logged())).not.toContain(token)
    expect(JSON.stringify(market.logged())).not.toContain(email)
  })

  test.for(['//evil.example', 'https://evil.example/', '/\\evil.example'])(
    'a sign-up never leads to another site: %s',
    async (back) => {
      const email = market.aNewEmail()
      const ann = market.visitor()
      await ann.get('/sign-up')
      await ann.post('/sign-up', { email, continue: back })
      const link = await market.mail.linkTo(email)
      await ann.get(link)

      expect((await ann.post(link, FORM)).headers.location).toBe('/')
    },
  )

  test('a form without its token opens no account and sends no mail', async () => {
    const email = market.aNewEmail()
    const ann = market.visitor()
    await ann.get('/sign-up')

    expect((await ann.post('/sign-up', { email, _csrf: undefined })).statusCode).toBe(403)
    expect(await market.subjects(email)).toEqual([])
    const link = await asksForLink(email)
    await ann.get(link)
    expect((await ann.post(link, { ...FORM, _csrf: 'wrong' })).statusCode).toBe(403)
    expect(await market.customer(email)).toBeUndefined()
  })

  test('a sign-up ends the previous session of the browser and gives it a new cookie', async () => {
    const { browser, email } = await market.signsUp()
    const before = browser.cookies.get('__Host-session')
    const link = await asksForLink(market.aNewEmail())
    await browser.get(link)

    await browser.post(link, FORM)

    expect(browser.cookies.get('__Host-session')).not.toBe(before)
    expect(await market.events(email)).toEqual(['sign_up done', 'sign_out done'])
  })
})
