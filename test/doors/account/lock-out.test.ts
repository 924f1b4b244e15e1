import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aNewAddress } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  afterPassword,
  anAccountMarket,
  ANOTHER_PASSWORD,
  aPersonWithCodes,
  enters,
  isSignedIn,
  PASSWORD,
  turnsCodesOn,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

/** As if somebody had gone on guessing in every way that was tried so far. */
const goesOnGuessing = () => market.db.updateTable('attempts').set({ tries: 100 }).execute()

describe('somebody who uses up all guesses of a password', () => {
  test('the owner still signs in from a known network, and the refusal in a new network names the mailed link', async () => {
    const { email } = await market.signsUp()
    const home = market.visitor('2001:db8:5:1::7')
    await market.signsIn(email, PASSWORD, home)
    await market.signsIn(email, 'wrong', market.visitor('2001:db8:5:2::7'))
    await goesOnGuessing()

    const abroad = await market.signsIn(email, PASSWORD, market.visitor(aNewAddress()))
    const atHome = await market.signsIn(email, PASSWORD, market.visitor('2001:db8:5:1::9'))

    expect(abroad.answer.statusCode).toBe(429)
    expect(abroad.answer.body).toContain('href="/reset-password"')
    expect(atHome.answer.statusCode).toBe(303)
  })

  test('the owner gets in from a new network by a mailed link, and that network is known from then on', async () => {
    const { email } = await market.signsUp()
    await market.signsIn(email, 'wrong')
    await goesOnGuessing()
    const ip = aNewAddress()
    const abroad = market.visitor(ip)
    await market.asks('/reset-password', email, abroad)
    const link = await market.mail.linkTo(email)
    await abroad.get(link)
    await abroad.post(link, { password: ANOTHER_PASSWORD })
    expect(await isSignedIn(abroad)).toBe(true)

    const again = await market.signsIn(email, ANOTHER_PASSWORD, market.visitor(ip))

    expect(again.answer.statusCode).toBe(303)
  })

  test('guesses of the current password in a stolen session also count for the wider networks', async () => {
    const { email } = await market.signsUp()
    const { browser } = await market.signsIn(email, PASSWORD, market.visitor('2001:db8:6:1::1'))
    const guess = async (ip: string) => {
      const elsewhere = market.visitor(ip)
      for (const [name, value] of browser.cookies) elsewhere.cookies.set(name, value)
      await elsewhere.get('/account/password')
      return elsewhere.post('/account/password', { current: 'wrong', password: ANOTHER_PASSWORD })
    }
    const first = await guess('2001:db8:6:200::1')
    await goesOnGuessing()

    const next = await guess('2001:db8:6:201::1')

    expect([first.statusCode, next.statusCode]).toEqual([422, 429])
  })
})

describe('somebody who knows the password and uses up all codes', () => {
  test('from one IPv6 /56 an account allows 15 wrong codes in 15 minutes, and not five from each of its networks', async () => {
    const person = await aPersonWithCodes(market)
    const wrong: number[] = []
    for (let network = 0; network < 4; network++) {
      const mallory = await afterPassword(market, person.email, `2001:db8:9:a0${network}::1`)
      for (let i = 0; i < 5; i++) wrong.push((await enters(mallory, '000000')).statusCode)
    }

    expect(wrong.filter((status) => status === 401)).toHaveLength(15)
    expect(wrong.slice(15)).toEqual([429, 429, 429, 429, 429])
  })

  test('the owner still enters a code of the app in a known network, and elsewhere a recovery code', async () => {
    const { email, browser } = await market.signsUp()
    const ip = aNewAddress()
    const home = market.visitor(ip)
    await market.signsIn(email, PASSWORD, home)
    const codes = await turnsCodesOn(home, market.now())
    const mallory = await afterPassword(market, email)
    await enters(mallory, '000000')
    const [atHome, abroad] = [await afterPassword(market, email, ip), await afterPassword(market, email)]
    await goesOnGuessing()

    const refused = await enters(abroad, codes.codeAt(new Date(market.now().getTime() + 30_000)))
    const recovered = await enters(abroad, codes.recoveryCodes[0]!)
    const entered = await enters(atHome, codes.codeAt(new Date(market.now().getTime() + 30_000)))

    expect(refused.statusCode).toBe(429)
    expect(refused.body).toContain('A recovery code still works.')
    expect([recovered.statusCode, entered.statusCode]).toEqual([303, 303])
    expect(await isSignedIn(browser)).toBe(false)
  })
})
