import type { KyselyPlugin } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestLink } from '#domain/accounts'
import { createPersonalOrg, orgsOf } from '#domain/orgs'
import type { Kysely } from 'kysely'
import type { DB } from '../../../src/platform/tables.ts'
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

  test('opening the link changes nothing, so a mail scanner does not use it up', async () => {
    const email = market.aNewEmail()
    const link = await asksForLink(email)

    for (let i = 0; i < 3; i++) expect((await market.visitor().get(link)).statusCode).toBe(200)

    expect(await market.customer(email)).toBeUndefined()
    const ann = market.visitor()
    await ann.get(link)
    expect((await ann.post(link, FORM)).statusCode).toBe(303)
  })

  test('a link works once', async () => {
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

  test('a link works for 24 hours', async () => {
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

  test.for(['', '   ', 'x'.repeat(101), 'Ann\u202eexe'])('a name like %j is refused', async (name) => {
    const link = await asksForLink(market.aNewEmail())
    const ann = market.visitor()
    await ann.get(link)

    expect((await ann.post(link, { ...FORM, name })).statusCode).toBe(422)
  })

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

  test('no table has the token of a link', async () => {
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

describe('people who race', () => {
  test('one link that is confirmed five times at once opens one account with one org', async () => {
    const email = market.aNewEmail()
    const link = await asksForLink(email)
    const browsers = Array.from({ length: 5 }, () => market.visitor())
    for (const browser of browsers) await browser.get(link)

    const answers = await Promise.all(browsers.map((browser) => browser.post(link, FORM)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual([
      '303',
      '404',
      '404',
      '404',
      '404',
    ])
    const customer = await market.customer(email)
    expect(await orgsOf(market.db, customer!.id)).toHaveLength(1)
  })

  test('two links of one address that are confirmed at once open one account', async () => {
    const email = market.aNewEmail()
    const links = [await asksForLink(email), await asksForLink(email)]
    const browsers = [market.visitor(), market.visitor()]
    for (const [i, browser] of browsers.entries()) await browser.get(links[i]!)

    const answers = await Promise.all(browsers.map((browser, i) => browser.post(links[i]!, FORM)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['303', '404'])
    expect(await market.customer(email)).toBeDefined()
  })

  test('five people with the same name before the @ get five slugs', async () => {
    const emails = Array.from({ length: 5 }, (_, i) => `jo.doe+${i}@host${i}.test`)
    const links: string[] = []
    for (const email of emails) links.push(await asksForLink(email))
    const browsers = links.map(() => market.visitor())
    for (const [i, browser] of browsers.entries()) await browser.get(links[i]!)

    await Promise.all(browsers.map((browser, i) => browser.post(links[i]!, FORM)))

    const orgs = await market.db.selectFrom('orgs').select('slug').where('slug', 'like', 'jo-doe%').execute()
    expect(orgs).toHaveLength(5)
    expect(orgs.map(({ slug }) => slug)).toContain('jo-doe')
  })

  test('a customer never has two personal orgs', async () => {
    const { email } = await market.signsUp()
    const customer = (await market.customer(email))!.id

    await expect(
      createPersonalOrg(market.db, { customer, email, name: 'Ann', at: new Date() }),
    ).rejects.toThrow('personal_of')
  })
})

describe('an address that has an account', () => {
  test('sign-up and reset answer the same bytes for a known and an unknown address', async () => {
    const { email } = await market.signsUp()
    const stranger = email.replace('ann', 'bob')
    const bare = (body: string, address: string) =>
      body.replaceAll(/value="[^"]*"/g, '').replaceAll(address, 'ADDRESS')

    for (const path of ['/sign-up', '/reset-password'] as const) {
      const [known, unknown] = [await market.asks(path, email), await market.asks(path, stranger)]
      expect(known.statusCode).toBe(unknown.statusCode)
      expect(bare(known.body, email)).toBe(bare(unknown.body, stranger))
      expect(Object.keys(known.headers).sort()).toEqual(Object.keys(unknown.headers).sort())
    }
    expect(await market.subjects(email)).toEqual([
      'Confirm your e-mail address',
      'You already have an account',
      'Choose a new password',
    ])
    expect(await market.subjects(stranger)).toEqual([
      'Confirm your e-mail address',
      'There is no account with this address',
    ])
  })

  test.for(['sign_up', 'password_reset'] as const)(
    'a known and an unknown address take the same statements: %s',
    async (wanted) => {
      const { email } = await market.signsUp()
      const statements = async (address: string) => {
        const seen: string[] = []
        const recorder: KyselyPlugin = {
          transformQuery: ({ node }) => {
            seen.push('into' in node ? `${node.kind} ${JSON.stringify(node.into)}` : node.kind)
            return node
          },
          transformResult: async ({ result }) => result,
        }
        const db = (market.db as Kysely<DB>).withPlugin(recorder)
        await requestLink(db, market.secrets, { wanted, email: address, at: market.now(), request: 'req_1' })
        return seen
      }

      const known = await statements(email)

      expect(known.length).toBeGreaterThan(5)
      expect(await statements(market.aNewEmail())).toEqual(known)
    },
  )

  test('the mail to a known address leads to a new password, not to a second account', async () => {
    const { email } = await market.signsUp()
    const before = await market.customer(email)

    const link = await asksForLink(email)

    expect((await market.visitor().get(link)).body).toContain('Choose a new password')
    expect(await market.customer(email)).toEqual(before)
  })
})

describe('somebody who asks for many links', () => {
  test('an address gets three links in an hour, and each of them works', async () => {
    const email = market.aNewEmail()
    const links: string[] = []
    for (let i = 0; i < 8; i++) {
      await market.asks('/sign-up', email)
      links.push(await market.mail.linkTo(email))
    }

    expect(await market.subjects(email)).toHaveLength(3)
    const [first] = links
    const ann = market.visitor()
    await ann.get(first!)
    expect((await ann.post(first!, FORM)).statusCode).toBe(303)
  })

  test('links that a stranger asked for do not keep the owner from one: the limit ends before the last link does', async () => {
    const { email } = await market.signsUp()
    for (let i = 0; i < 5; i++) await market.asks('/reset-password', email)
    const link = await market.mail.linkTo(email)

    market.passes(29 * MINUTE)
    expect((await market.visitor().get(link)).statusCode).toBe(200)
    market.passes(MINUTE)
    await market.asks('/reset-password', email)

    const fresh = await market.mail.linkTo(email)
    expect(fresh).not.toBe(link)
    expect((await market.visitor().get(fresh)).statusCode).toBe(200)
  })

  test('a network may ask 20 times in an hour', async () => {
    const mallory = market.visitor('203.0.113.9')
    for (let i = 0; i < 20; i++)
      expect((await market.asks('/sign-up', market.aNewEmail(), mallory)).statusCode).toBe(200)

    const refused = await market.asks('/sign-up', market.aNewEmail(), mallory)

    expect(refused.statusCode).toBe(429)
    expect((await market.asks('/sign-up', market.aNewEmail())).statusCode).toBe(200)
  })
})
