import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AccountMarket,
  afterPassword,
  anAccountMarket,
  aPersonWithCodes,
  enters,
} from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

test('each change of the second factor, and each code at sign-in, is in the audit log of the person', async () => {
  const person = await aPersonWithCodes(market)
  const before = await market.events(person.email)

  await person.browser.get('/account/second-factor')
  await person.browser.post('/account/second-factor/recovery-codes')
  const other = await afterPassword(market, person.email)
  await enters(other, '000000')
  await enters(other, person.code())
  await person.browser.post('/account/second-factor/remove')

  expect(before).toContain('add_second_factor done')
  expect((await market.events(person.email)).slice(before.length)).toEqual([
    'renew_recovery_codes done',
    'sign_in done',
    'enter_code refused',
    'enter_code done',
    'remove_second_factor done',
  ])
})

test('the end of one other sign-in is in the audit log of the person', async () => {
  const { email } = await market.signsUp()
  const { browser } = await market.signsIn(email)
  const page = await browser.get('/account/security')
  const [, path = ''] = /action="(\/account\/sessions\/[\w-]{43}\/end)"/.exec(page.body) ?? []

  await browser.post(path)

  expect(await market.events(email)).toEqual(['sign_up done', 'sign_in done', 'sign_out done'])
})
