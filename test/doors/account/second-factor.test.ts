import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  isSignedIn,
  MINUTE,
  PASSWORD,
  turnsCodesOn,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

const STEP = 30_000
const session = (browser: Visitor) => browser.cookies.get('__Host-session')

/** A person with codes on, one step after the code that turned them on. */
async function aPersonWithCodes() {
  const { email, browser } = await market.signsUp()
  const codes = await turnsCodesOn(browser, market.now())
  market.passes(2 * STEP)
  return { email, browser, ...codes, code: (ms = 0) => codes.codeAt(new Date(market.now().getTime() + ms)) }
}
/** A browser after the password, before the code. */
async function afterPassword(email: string, ip?: string) {
  const { browser, answer } = await market.signsIn(email, PASSWORD, market.visitor(ip))
  expect(answer.headers.location).toBe('/sign-in/code?continue=%2F')
  await browser.get('/sign-in/code')
  return browser
}
const enters = (browser: Visitor, code: string) => browser.post('/sign-in/code', { code, continue: '/' })

describe('turning codes on', () => {
  test('a person adds an app, enters its code and gets ten recovery codes once', async () => {
    const { email, browser, recoveryCodes, key } = await aPersonWithCodes()

    expect(new Set(recoveryCodes).size).toBe(10)
    expect(key).toMatch(/^[A-Z2-7]{32}$/)
    const page = await browser.get('/account/second-factor')
    for (const secret of [...recoveryCodes, key]) expect(page.body).not.toContain(secret)
    expect((await market.subjects(email)).at(-1)).toBe('Codes at sign-in are on')
  })

  test('a wrong code does not turn them on', async () => {
    const { email, browser } = await market.signsUp()
    await browser.get('/account/second-factor')
    await browser.post('/account/second-factor/start')
    await browser.get('/account/second-factor')

    expect((await browser.post('/account/second-factor/confirm', { code: '000000' })).statusCode).toBe(401)

    expect((await market.signsIn(email)).answer.headers.location).toBe('/')
  })

  test('turning codes on ends the sign-ins without a code, and gives this browser a new session', async () => {
    const { email, browser } = await market.signsUp()
    const { browser: other } = await market.signsIn(email)
    const before = session(browser)

    await turnsCodesOn(browser, market.now())

    expect(session(browser)).not.toBe(before)
    expect(await Promise.all([browser, other].map(isSignedIn))).toEqual([true, false])
  })

  test('the QR code is an image of our own site, and only while an app is being added', async () => {
    const { browser } = await market.signsUp()
    await browser.get('/account/second-factor')
    await browser.post('/account/second-factor/start')

    const image = await browser.get('/account/second-factor/qr.svg')

    expect(image.headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-store' })
    const { browser: ready } = await aPersonWithCodes()
    expect((await ready.get('/account/second-factor/qr.svg')).statusCode).toBe(404)
  })

  test('the secret of the app and the recovery codes are in no column', async () => {
    const { key, recoveryCodes } = await aPersonWithCodes()

    const stored = JSON.stringify([
      await market.db.selectFrom('second_factors').selectAll().execute(),
      await market.db.selectFrom('recovery_codes').selectAll().execute(),
      market.logged(),
    ])

    for (const secret of [key, ...recoveryCodes]) expect(stored).not.toContain(secret)
  })

  test('a second start does not replace the app of a person who has codes on', async () => {
    const person = await aPersonWithCodes()
    await person.browser.get('/account/second-factor')

    expect((await person.browser.post('/account/second-factor/start')).statusCode).toBe(409)

    const browser = await afterPassword(person.email)
    expect((await enters(browser, person.code())).statusCode).toBe(303)
  })
})

describe('a sign-in with a code', () => {
  test('the password alone signs nobody in, and the code gives a new session', async () => {
    const person = await aPersonWithCodes()
    const browser = await afterPassword(person.email)
    const half = session(browser)
    expect(await isSignedIn(browser)).toBe(false)

    const done = await enters(browser, person.code())

    expect(done.headers.location).toBe('/')
    expect(session(browser)).not.toBe(half)
    expect(await isSignedIn(browser)).toBe(true)
    browser.cookies.set('__Host-session', half!)
    expect(await isSignedIn(browser)).toBe(false)
  })

  test.for([-STEP, 0, STEP])('a code of the step at %i ms is accepted', async (ms) => {
    const person = await aPersonWithCodes()

    expect((await enters(await afterPassword(person.email), person.code(ms))).statusCode).toBe(303)
  })

  test.for([-3 * STEP, 2 * STEP])('a code of the step at %i ms is refused', async (ms) => {
    const person = await aPersonWithCodes()

    expect((await enters(await afterPassword(person.email), person.code(ms))).statusCode).toBe(401)
  })

  test('a code works once, also for five browsers at once', async () => {
    const person = await aPersonWithCodes()
    const browsers = []
    for (let i = 0; i < 5; i++) browsers.push(await afterPassword(person.email))
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
    const person = await aPersonWithCodes()
    await enters(await afterPassword(person.email), person.code(STEP))

    expect((await enters(await afterPassword(person.email), person.code())).statusCode).toBe(401)
  })

  test('the code has to follow within 15 minutes after the password', async () => {
    const person = await aPersonWithCodes()
    const browser = await afterPassword(person.email)
    market.passes(15 * MINUTE)

    expect((await enters(browser, person.code())).headers.location).toBe('/sign-in?continue=%2F')
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('a visitor without the password cannot enter a code', async () => {
    const person = await aPersonWithCodes()
    const browser = market.visitor()
    expect((await browser.get('/sign-in/code')).headers.location).toBe('/sign-in?continue=%2F')
    await browser.get('/sign-in')

    await enters(browser, person.code())

    expect(await isSignedIn(browser)).toBe(false)
  })

  test('a change of the password ends a sign-in that waits for its code', async () => {
    const person = await aPersonWithCodes()
    const waiting = await afterPassword(person.email)
    await person.browser.get('/account/password')
    await person.browser.post('/account/password', { current: PASSWORD, password: ANOTHER_PASSWORD })

    await enters(waiting, person.code())

    expect(await isSignedIn(waiting)).toBe(false)
  })
})

describe('recovery codes', () => {
  test('a recovery code works once, in any spelling, and the person gets a mail', async () => {
    const person = await aPersonWithCodes()
    const [code = ''] = person.recoveryCodes

    const done = await enters(
      await afterPassword(person.email),
      ` ${code.toUpperCase().replaceAll('-', ' ')}`,
    )
    const again = await enters(await afterPassword(person.email), code)

    expect([done.statusCode, again.statusCode]).toEqual([303, 401])
    const mails = await market.mail.mailsTo(person.email)
    expect(mails.find(({ subject }) => subject === 'A recovery code was used')?.text).toContain('9 left')
  })

  test('a recovery code that two browsers enter at once signs in one of them', async () => {
    const person = await aPersonWithCodes()
    const browsers = [await afterPassword(person.email), await afterPassword(person.email)]

    const answers = await Promise.all(browsers.map((browser) => enters(browser, person.recoveryCodes[0]!)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['303', '401'])
  })

  test('new recovery codes replace the old ones', async () => {
    const person = await aPersonWithCodes()
    await person.browser.get('/account/second-factor')
    const page = await person.browser.post('/account/second-factor/recovery-codes')
    const [fresh = ''] = page.body.match(/\b(?:[a-z0-9]{4}-){3}[a-z0-9]{4}\b/) ?? []

    expect((await enters(await afterPassword(person.email), person.recoveryCodes[1]!)).statusCode).toBe(401)
    expect((await enters(await afterPassword(person.email), fresh)).statusCode).toBe(303)
  })

  test('a recovery code of another person is refused', async () => {
    const [ann, bob] = [await aPersonWithCodes(), await aPersonWithCodes()]

    expect((await enters(await afterPassword(ann.email), bob.recoveryCodes[0]!)).statusCode).toBe(401)
  })
})

describe('guessing codes', () => {
  test('after five wrong codes the password is asked again, also with many guesses at once', async () => {
    const person = await aPersonWithCodes()
    const browser = await afterPassword(person.email, '203.0.113.1')

    const answers = await Promise.all(Array.from({ length: 9 }, () => enters(browser, '000000')))

    expect(answers.filter(({ statusCode }) => statusCode === 401)).toHaveLength(5)
    expect((await enters(browser, person.code())).statusCode).not.toBe(200)
    expect(await isSignedIn(browser)).toBe(false)
    expect((await browser.get('/sign-in/code')).headers.location).toBe('/sign-in?continue=%2F')
  })

  test('the right password does not give five more guesses in the same 15 minutes', async () => {
    const person = await aPersonWithCodes()
    const first = await afterPassword(person.email, '203.0.113.2')
    for (let i = 0; i < 6; i++) await enters(first, '000000')

    const second = await afterPassword(person.email, '203.0.113.2')

    expect((await enters(second, person.code())).statusCode).toBe(429)
    market.passes(15 * MINUTE)
    expect((await enters(await afterPassword(person.email, '203.0.113.2'), person.code())).statusCode).toBe(
      303,
    )
  })

  test('somebody who guesses elsewhere does not lock the owner out, who gets one mail about it', async () => {
    const person = await aPersonWithCodes()
    const mallory = await afterPassword(person.email, '203.0.113.3')
    for (let i = 0; i < 8; i++) await enters(mallory, '000000')

    expect((await enters(await afterPassword(person.email), person.code())).statusCode).toBe(303)

    const warnings = (await market.subjects(person.email)).filter((subject) =>
      subject.includes('wrong codes'),
    )
    expect(warnings).toHaveLength(1)
  })

  test('guesses from many networks end after a hundred, and a recovery code still signs the owner in', async () => {
    const person = await aPersonWithCodes()
    for (let network = 0; network < 21; network++) {
      const mallory = await afterPassword(person.email, `203.0.114.${network}`)
      for (let i = 0; i < 5; i++) await enters(mallory, '000000')
    }

    const owner = await afterPassword(person.email)
    expect((await enters(owner, person.code())).statusCode).toBe(429)
    expect((await enters(owner, person.recoveryCodes[0]!)).statusCode).toBe(303)
  }, 60_000)
})

describe('turning codes off', () => {
  test('codes are off after a recent sign-in with a code, and the person gets a mail', async () => {
    const person = await aPersonWithCodes()
    await person.browser.get('/account/second-factor')

    expect((await person.browser.post('/account/second-factor/remove')).headers.location).toBe(
      '/account/security',
    )

    expect((await market.signsIn(person.email)).answer.headers.location).toBe('/')
    expect((await market.subjects(person.email)).at(-1)).toBe('Codes at sign-in are off')
    await person.browser.get('/account/security')
    expect((await person.browser.post('/account/second-factor/remove')).statusCode).toBe(409)
    expect((await person.browser.post('/account/second-factor/recovery-codes')).statusCode).toBe(409)
  })
})
