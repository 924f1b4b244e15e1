import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requestEmailChange, requestLink } from '#domain/accounts'
import { findSession } from '#domain/identity'
import { type AccountMarket, anAccountMarket, MINUTE, PASSWORD } from '../../support/an-account.ts'
import { recordedStatements } from '../../support/recorded-statements.ts'

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
    'a known and an unknown address run the same SQL statements: %s',
    async (wanted) => {
      const { email } = await market.signsUp()
      const statements = async (address: string) => {
        const { db, statements: seen } = recordedStatements(market.db)
        await requestLink(db, market.secrets, { wanted, email: address, at: market.now(), request: 'req_1' })
        return seen
      }

      const known = await statements(email)

      expect(known.length).toBeGreaterThan(5)
      expect(await statements(market.aNewEmail())).toEqual(known)
    },
  )

  test('a free and a taken new address of an account run the same SQL statements', async () => {
    const [ann, bob] = [await market.signsUp(), await market.signsUp()]
    const token = ann.browser.cookies.get('__Host-session') ?? ''
    const session = await findSession(market.db, token, market.now())
    const statements = async (newEmail: string, request: string) => {
      const { db, statements: seen } = recordedStatements(market.db)
      await requestEmailChange(db, market.secrets, { session: session!, at: market.now(), request, newEmail })
      return seen
    }

    const taken = await statements(bob.email, 'req_1')

    expect(taken.length).toBeGreaterThan(5)
    expect(await statements(market.aNewEmail(), 'req_2')).toEqual(taken)
  })

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

  test('after a stranger has asked for links, the owner can get one before the last of those links expires', async () => {
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

  test('a network may ask for 20 links in an hour', async () => {
    const mallory = market.visitor('203.0.113.9')
    for (let i = 0; i < 20; i++)
      expect((await market.asks('/sign-up', market.aNewEmail(), mallory)).statusCode).toBe(200)

    const refused = await market.asks('/sign-up', market.aNewEmail(), mallory)

    expect(refused.statusCode).toBe(429)
    expect((await market.asks('/sign-up', market.aNewEmail())).statusCode).toBe(200)
  })
})
