import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  afterPassword,
  aPersonWithCodes,
  enters,
  isSignedIn,
  turnsCodesOn,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

const session = (browser: Visitor) => browser.cookies.get('__Host-session')

describe('turning codes on', () => {
  test('a person adds an authenticator app, enters its code, and is shown ten recovery codes once', async () => {
    const { email, browser, recoveryCodes, key } = await aPersonWithCodes(market)

    expect(new Set(recoveryCodes).size).toBe(10)
    expect(key).toMatch(/^[A-Z2-7]{32}$/)
    const page = await browser.get('/account/second-factor')
    for (const secret of [...recoveryCodes, key]) expect(page.body).not.toContain(secret)
    expect((await market.subjects(email)).at(-1)).toBe('Codes at sign-in are on')
  })

  test('a wrong code does not turn codes at sign-in on', async () => {
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
    const { browser: ready } = await aPersonWithCodes(market)
    expect((await ready.get('/account/second-factor/qr.svg')).statusCode).toBe(404)
  })

  test('the secret of the app and the recovery codes are in no column', async () => {
    const { key, recoveryCodes } = await aPersonWithCodes(market)

    const stored = JSON.stringify([
      await market.db.selectFrom('second_factors').selectAll().execute(),
      await market.db.selectFrom('recovery_codes').selectAll().execute(),
      market.logged(),
    ])

    for (const secret of [key, ...recoveryCodes]) expect(stored).not.toContain(secret)
  })

  test('a person who has codes on cannot replace the app by adding one again', async () => {
    const person = await aPersonWithCodes(market)
    await person.browser.get('/account/second-factor')

    expect((await person.browser.post('/account/second-factor/start')).statusCode).toBe(409)

    const browser = await afterPassword(market, person.email)
    expect((await enters(browser, person.code())).statusCode).toBe(303)
  })
})

describe('turning codes off', () => {
  test('a person can turn codes off after a recent sign-in with a code, and gets a mail', async () => {
    const person = await aPersonWithCodes(market)
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
