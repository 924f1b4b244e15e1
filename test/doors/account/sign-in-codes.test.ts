import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  afterPassword,
  ANOTHER_PASSWORD,
  aPersonWithCodes,
  enters,
  isSignedIn,
  MINUTE,
  PASSWORD,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

const STEP = 30_000
const session = (browser: Visitor) => browser.cookies.get('__Host-session')

describe('a sign-in with a code', () => {
  test('the password alone signs nobody in, and the code gives a new session', async () => {
    const person = await aPersonWithCodes(market)
    const browser = await afterPassword(market, person.email)
    const half = session(browser)
    expect(await isSignedIn(browser)).toBe(false)

    const done = await enters(browser, person.code())

    expect(done.headers.location).toBe('/')
    expect(session(browser)).not.toBe(half)
    expect(await isSignedIn(browser)).toBe(true)
    browser.cookies.set('__Host-session', half!)
    expect(await isSignedIn(browser)).toBe(false)
  })

  test.for([-STEP, 0, STEP])('a code of the time step that is %i ms away is accepted', async (ms) => {
    const person = await aPersonWithCodes(market)

    expect((await enters(await afterPassword(market, person.email), person.code(ms))).statusCode).toBe(303)
  })

  test.for([-3 * STEP, 2 * STEP])('a code of the time step that is %i ms away is refused', async (ms) => {
    const person = await aPersonWithCodes(market)

    expect((await enters(await afterPassword(market, person.email), person.code(ms))).statusCode).toBe(401)
  })

  test('a code works only once, even when five browsers enter it at once', async () => {
    const person = await aPersonWithCodes(market)
    const browsers = []
    for (let i = 0; i < 5; i++) browsers.push(await afterPassword(market, person.email))
    const code = person.code()

    const answers = await Promise.all(browsers.map((browser) => enters(browser, code)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual([
      '303',
      '401',
      '401',
      '401',
      '401',
    ])
  })

  test('a code that is older than the last accepted one is refused', async () => {
    const person = await aPersonWithCodes(market)
    await enters(await afterPassword(market, person.email), person.code(STEP))

    expect((await enters(await afterPassword(market, person.email), person.code())).statusCode).toBe(401)
  })

  test('the code has to follow within 15 minutes after the password', async () => {
    const person = await aPersonWithCodes(market)
    const browser = await afterPassword(market, person.email)
    market.passes(15 * MINUTE)

    expect((await enters(browser, person.code())).headers.location).toBe('/sign-in?continue=%2F')
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('a visitor without the password cannot enter a code', async () => {
    const person = await aPersonWithCodes(market)
    const browser = market.visitor()
    expect((await browser.get('/sign-in/code')).headers.location).toBe('/sign-in?continue=%2F')
    await browser.get('/sign-in')

    await enters(browser, person.code())

    expect(await isSignedIn(browser)).toBe(false)
  })

  test('a change of the password ends a sign-in that waits for its code', async () => {
    const person = await aPersonWithCodes(market)
    const waiting = await afterPassword(market, person.email)
    await person.browser.get('/account/password')
    await person.browser.post('/account/password', { current: PASSWORD, password: ANOTHER_PASSWORD })

    await enters(waiting, person.code())

    expect(await isSignedIn(waiting)).toBe(false)
  })
})

describe('recovery codes', () => {
  test('a recovery code works once, in any spelling, and the person gets a mail', async () => {
    const person = await aPersonWithCodes(market)
    const [code = ''] = person.recoveryCodes

    const done = await enters(
      await afterPassword(market, person.email),
      ` ${code.toUpperCase().replaceAll('-', ' ')}`,
    )
    const again = await enters(await afterPassword(market, person.email), code)

    expect([done.statusCode, again.statusCode]).toEqual([303, 401])
    const mails = await market.mail.mailsTo(person.email)
    expect(mails.find(({ subject }) => subject === 'A recovery code was used')?.text).toContain('9 left')
  })

  test('a recovery code that two browsers enter at once signs in one of them', async () => {
    const person = await aPersonWithCodes(market)
    const browsers = [await afterPassword(market, person.email), await afterPassword(market, person.email)]

    const answers = await Promise.all(browsers.map((browser) => enters(browser, person.recoveryCodes[0]!)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['303', '401'])
  })

  test('new recovery codes replace the old ones', async () => {
    const person = await aPersonWithCodes(market)
    await person.browser.get('/account/second-factor')
    const page = await person.browser.post('/account/second-factor/recovery-codes')
    const [fresh = ''] = page.body.match(/\b(?:[a-z0-9]{4}-){3}[a-z0-9]{4}\b/) ?? []

    expect(
      (await enters(await afterPassword(market, person.email), person.recoveryCodes[1]!)).statusCode,
    ).toBe(401)
    expect((await enters(await afterPassword(market, person.email), fresh)).statusCode).toBe(303)
  })

  test('a recovery code of another person is refused', async () => {
    const [ann, bob] = [await aPersonWithCodes(market), await aPersonWithCodes(market)]

    expect((await enters(await afterPassword(market, ann.email), bob.recoveryCodes[0]!)).statusCode).toBe(401)
  })
})

describe('guessing codes', () => {
  test('after five wrong codes the password has to be entered again, also with many guesses at once', async () => {
    const person = await aPersonWithCodes(market)
    const browser = await afterPassword(market, person.email, '203.0.113.1')

    const answers = await Promise.all(Array.from({ length: 9 }, () => enters(browser, '000000')))

    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5)
    expect((await enters(browser, person.code())).statusCode).not.toBe(200)
    expect(await isSignedIn(browser)).toBe(false)
    expect((await browser.get('/sign-in/code')).headers.location).toBe('/sign-in?continue=%2F')
  })

  test('entering the password again does not allow five more guesses in the same 15 minutes', async () => {
    const person = await aPersonWithCodes(market)
    const first = await afterPassword(market, person.email, '203.0.113.2')
    for (let i = 0; i < 6; i++) await enters(first, '000000')

    const second = await afterPassword(market, person.email, '203.0.113.2')

    expect((await enters(second, person.code())).statusCode).toBe(429)
    market.passes(15 * MINUTE)
    expect(
      (await enters(await afterPassword(market, person.email, '203.0.113.2'), person.code())).statusCode,
    ).toBe(303)
  })

  test('guesses from another network do not lock the owner out, and the owner gets one mail about them', async () => {
    const person = await aPersonWithCodes(market)
    const mallory = await afterPassword(market, person.email, '203.0.113.3')
    for (let i = 0; i < 8; i++) await enters(mallory, '000000')

    expect((await enters(await afterPassword(market, person.email), person.code())).statusCode).toBe(303)

    const warnings = (await market.subjects(person.email)).filter((subject) =>
      subject.includes('wrong codes'),
    )
    expect(warnings).toHaveLength(1)
  })

  test('after a hundred guesses from many networks no code is accepted, but the owner can sign in with a recovery code', async () => {
    const person = await aPersonWithCodes(market)
    for (let network = 0; network < 21; network++) {
      const mallory = await afterPassword(market, person.email, `203.0.114.${network}`)
      for (let i = 0; i < 5; i++) await enters(mallory, '000000')
    }

    const owner = await afterPassword(market, person.email)
    expect((await enters(owner, person.code())).statusCode).toBe(429)
    expect((await enters(owner, person.recoveryCodes[0]!)).statusCode).toBe(303)
  }, 60_000)
})
