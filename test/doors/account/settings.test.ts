import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  isSignedIn,
  MINUTE,
  PASSWORD,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

async function submits(browser: Visitor, path: string, form: Record<string, string>) {
  await browser.get(path)
  return browser.post(path, form)
}

describe('a change of the address', () => {
  async function follows(link: string) {
    const browser = market.visitor()
    await browser.get('/sign-in')
    await browser.get(link)
    return browser.post(link)
  }

  test('an address changes when the link to the new one is used, and the old one is told', async () => {
    const { email, browser } = await market.signsUp()
    const next = market.aNewEmail()

    const asked = await submits(browser, '/account/email', { email: ` ${next.toUpperCase()}` })
    expect(asked.statusCode).toBe(200)
    const link = await market.mail.linkTo(next)
    await market.visitor().get(link)
    expect(await market.customer(email)).toBeDefined()
    const done = await follows(link)

    expect(done.statusCode).toBe(200)
    expect(await market.customer(email)).toBeUndefined()
    expect((await market.signsIn(next)).answer.statusCode).toBe(303)
    expect((await market.signsIn(email)).answer.statusCode).toBe(401)
    const [notice] = await market.mail.mailsTo(email)
    expect(notice).toMatchObject({
      subject: 'Your e-mail address was changed',
      text: expect.stringContaining(next),
    })
    expect((await follows(link)).statusCode).toBe(404)
  })

  test('an address of another account is answered in the same way, and its owner gets a mail without a link', async () => {
    const [ann, bob] = [await market.signsUp(), await market.signsUp()]
    const free = market.aNewEmail()

    const taken = await submits(ann.browser, '/account/email', { email: bob.email })
    const unknown = await submits(ann.browser, '/account/email', { email: free })

    const bare = (body: string, address: string) =>
      body.replaceAll(/value="[^"]*"/g, '').replaceAll(address, '')
    expect(bare(taken.body, bob.email)).toBe(bare(unknown.body, free))
    const [mail] = await market.mail.mailsTo(bob.email)
    expect(mail?.subject).toBe('This address already has an account')
    expect(mail?.links.filter((url) => url.includes('/link/'))).toEqual([])
  })

  test('an address that gets an account meanwhile is not taken over, and nothing is half changed', async () => {
    const { email, browser } = await market.signsUp()
    const next = market.aNewEmail()
    await submits(browser, '/account/email', { email: next })
    const link = await market.mail.linkTo(next)
    await market.signsUp(next)

    expect((await follows(link)).statusCode).toBe(404)

    expect(await market.customer(email)).toBeDefined()
    expect(await market.events(email)).toEqual(['sign_up done', 'request_email_change done'])
  })

  test('two people who confirm the same new address at once do not share it', async () => {
    const people = [await market.signsUp(), await market.signsUp()]
    const next = market.aNewEmail()
    const links: string[] = []
    for (const { browser } of people) {
      await submits(browser, '/account/email', { email: next })
      links.push(await market.mail.linkTo(next))
    }

    const answers = await Promise.all(links.map(follows))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['200', '404'])
  })

  test('a person may ask for five changes in an hour', async () => {
    const { browser } = await market.signsUp()
    for (let i = 0; i < 5; i++)
      expect((await submits(browser, '/account/email', { email: market.aNewEmail() })).statusCode).toBe(200)

    expect((await submits(browser, '/account/email', { email: market.aNewEmail() })).statusCode).toBe(429)
  })
})

describe('a change of the password', () => {
  test('a new password ends all other sign-ins and keeps this one', async () => {
    const { email, browser } = await market.signsUp()
    const { browser: other } = await market.signsIn(email)

    const done = await submits(browser, '/account/password', {
      current: PASSWORD,
      password: ANOTHER_PASSWORD,
    })

    expect(done.statusCode).toBe(200)
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([true, false])
    expect((await market.signsIn(email, PASSWORD)).answer.statusCode).toBe(401)
    expect((await market.signsIn(email, ANOTHER_PASSWORD)).answer.statusCode).toBe(303)
    expect((await market.subjects(email)).at(-1)).toBe('Your password was changed')
  })

  test('a new password makes the mailed links to reset it useless', async () => {
    const { email, browser } = await market.signsUp()
    await market.asks('/reset-password', email)
    const link = await market.mail.linkTo(email)

    await submits(browser, '/account/password', { current: PASSWORD, password: ANOTHER_PASSWORD })

    expect((await market.visitor().get(link)).statusCode).toBe(404)
  })

  test('a wrong current password changes nothing and is audited', async () => {
    const { email, browser } = await market.signsUp()

    const refused = await submits(browser, '/account/password', {
      current: 'wrong',
      password: ANOTHER_PASSWORD,
    })

    expect(refused.statusCode).toBe(422)
    expect(refused.body).toContain('The current password is wrong.')
    expect((await market.signsIn(email)).answer.statusCode).toBe(303)
    expect(await market.events(email)).toEqual(['sign_up done', 'change_password refused', 'sign_in done'])
  })

  test('somebody at an open browser may guess ten times, also with many guesses at once', async () => {
    const { browser } = await market.signsUp()
    await browser.get('/account/password')
    const guess = () => browser.post('/account/password', { current: 'wrong', password: ANOTHER_PASSWORD })

    const answers = await Promise.all(Array.from({ length: 14 }, guess))

    expect(answers.filter(({ statusCode }) => statusCode === 422)).toHaveLength(10)
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(4)
  })

  test('two changes at once leave one password', async () => {
    const { email, browser } = await market.signsUp()
    await browser.get('/account/password')

    const answers = await Promise.all(
      [0, 1].map((i) =>
        browser.post('/account/password', { current: PASSWORD, password: `${ANOTHER_PASSWORD} ${i}` }),
      ),
    )

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['200', '422'])
    const winner = answers.findIndex(({ statusCode }) => statusCode === 200)
    expect((await market.signsIn(email, `${ANOTHER_PASSWORD} ${winner}`)).answer.statusCode).toBe(303)
  })
})

describe('the settings of an account', () => {
  test.for([
    '/account/email',
    '/account/password',
    '/account/second-factor',
    '/account/second-factor/qr.svg',
  ])('%s wants a sign-in in the last 15 minutes, and then leads back', async (path) => {
    const { email, browser } = await market.signsUp()
    market.passes(15 * MINUTE - 5_000)
    expect((await browser.get(path)).statusCode).not.toBe(303)
    market.passes(10_000)

    const asked = await browser.get(path)

    const signIn = `/sign-in?again=1&continue=${encodeURIComponent(path)}`
    expect(asked.headers.location).toBe(signIn)
    expect((await browser.get(signIn)).body).toContain('please sign in again')
    await browser.post('/sign-in', { email, password: PASSWORD, continue: path })
    expect((await browser.get(path)).statusCode).not.toBe(303)
  })

  test.for([
    '/account/email',
    '/account/password',
    '/account/second-factor/start',
    '/account/second-factor/remove',
    '/account/second-factor/recovery-codes',
  ])('a form of %s that is sent after 15 minutes changes nothing', async (path) => {
    const { email, browser } = await market.signsUp()
    await browser.get('/account/security')
    market.passes(16 * MINUTE)

    const answer = await browser.post(path, {
      email: market.aNewEmail(),
      current: PASSWORD,
      password: ANOTHER_PASSWORD,
    })

    expect(answer.headers.location).toBe('/sign-in?again=1&continue=%2Faccount%2Fsecurity')
    expect(await market.events(email)).toEqual(['sign_up done'])
  })

  test.for(['/account/security', '/account/email', '/account/password', '/account/second-factor'])(
    'a visitor who is not signed in does not see %s',
    async (path) => {
      expect((await market.visitor().get(path)).headers.location).toBe(
        `/sign-in?continue=${encodeURIComponent(path)}`,
      )
    },
  )
})

describe('the list of sign-ins', () => {
  const FIREFOX = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' }

  test('a person sees each sign-in with its browser, its shortened network and its time', async () => {
    const { email, browser } = await market.signsUp()
    const other = market.visitor('198.51.100.77')
    await other.get('/sign-in')
    await other.post('/sign-in', { email, password: PASSWORD }, FIREFOX)

    const { body } = await browser.get('/account/security')

    expect(body).toContain('Firefox on Linux')
    expect(body).toContain('198.51.100.*')
    expect(body).not.toContain('198.51.100.77')
    expect(body.match(/This browser/g)).toHaveLength(1)
  })

  test('a person ends one sign-in, and only that one', async () => {
    const { email, browser } = await market.signsUp()
    const [one, other] = [await market.signsIn(email), await market.signsIn(email)]
    const page = await one.browser.get('/account/security')
    // the newest comes first: `other`, `one`, the one of the sign-up
    const [, path = ''] = /action="(\/account\/sessions\/[\w-]{43}\/end)"/.exec(page.body) ?? []

    expect((await one.browser.post(path)).statusCode).toBe(303)

    expect(await Promise.all([one.browser, other.browser, browser].map(isSignedIn))).toEqual([
      true,
      false,
      true,
    ])
    await one.browser.get('/account/security')
    expect((await one.browser.post(path)).statusCode).toBe(404)
  })

  test('nobody ends the sign-in of another person', async () => {
    const [ann, mallory] = [await market.signsUp(), await market.signsUp()]
    await market.signsIn(ann.email)
    const page = await ann.browser.get('/account/security')
    const [, path = ''] = /action="(\/account\/sessions\/[\w-]{43}\/end)"/.exec(page.body) ?? []
    await mallory.browser.get('/account/security')

    expect((await mallory.browser.post(path)).statusCode).toBe(404)

    expect((await ann.browser.get('/account/security')).body).toContain(path)
  })

  test('a person signs out everywhere at once', async () => {
    const { email, browser } = await market.signsUp()
    const { browser: other } = await market.signsIn(email)
    await browser.get('/account/security')

    const answer = await browser.post('/account/sessions/end-all')

    expect(answer.headers.location).toBe('/sign-in')
    expect(browser.cookies.has('__Host-session')).toBe(false)
    expect(await Promise.all([browser, other].map(isSignedIn))).toEqual([false, false])
    expect((await market.events(email)).at(-1)).toBe('sign_out_everywhere done')
  })
})
