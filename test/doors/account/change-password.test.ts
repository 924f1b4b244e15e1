import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  isSignedIn,
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

  test('a mailed reset link no longer works after the password was changed', async () => {
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

  test('in a signed-in browser the current password may be guessed only ten times, also with many guesses at once', async () => {
    const { browser } = await market.signsUp()
    await browser.get('/account/password')
    const guess = () => browser.post('/account/password', { current: 'wrong', password: ANOTHER_PASSWORD })

    const answers = await Promise.all(Array.from({ length: 14 }, guess))

    expect(answers.filter(({ statusCode }) => statusCode === 422)).toHaveLength(10)
    expect(answers.filter(({ statusCode }) => statusCode === 429)).toHaveLength(4)
  })

  test('two password changes at once leave one valid password', async () => {
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
