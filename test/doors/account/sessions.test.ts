import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountMarket, anAccountMarket, isSignedIn, PASSWORD } from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

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

  test('a person can end one sign-in, and the others stay', async () => {
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

  test('a person cannot end the sign-in of another person', async () => {
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
