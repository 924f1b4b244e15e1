import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  MINUTE,
  PASSWORD,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

describe('the settings of an account', () => {
  test.for([
    '/account/email',
    '/account/password',
    '/account/second-factor',
    '/account/second-factor/qr.svg',
  ])('the page %s needs a sign-in in the last 15 minutes, and the sign-in leads back to it', async (path) => {
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
