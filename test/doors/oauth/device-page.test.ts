import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { inTransaction } from '#platform/transactions'
import { aDevice, atDeviceConsent, atDevicePage } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer } from '../../support/an-oauth-server.ts'
import { connections, csrfOf, pageOf, sent } from '../../support/at-consent.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())
beforeEach(() => market.db.deleteFrom('attempts').execute())

/** Lets two answers begin, and go on when both wait for the row of the code. */
async function bothBefore<T>(begin: () => Promise<T>[]): Promise<T[]> {
  const begun = await inTransaction(market.db, async (tx) => {
    const codes = tx.selectFrom('oauth_artifacts').select('id_hash').where('model', '=', 'DeviceCode')
    await codes.forUpdate().execute()
    const answers = begin()
    await vi.waitFor(async () => expect(await lockWaiters(market.db)).toBe(2), { timeout: 10_000 })
    return { answers }
  })
  return Promise.all(begun.answers)
}

describe('somebody else at the device page', () => {
  test('a code that another person answered is not valid, and stays theirs', async () => {
    const { clientId, code, poll } = await aDevice(market)
    const theirs = await atDeviceConsent(market, code, 'viewer')
    await (await atDeviceConsent(market, code)).allows()

    const allowed = await theirs.allows()
    const denied = await theirs.denies()
    const typed = await (await atDevicePage(market, 'viewer')).types(code)

    expect([allowed.status, denied.status, typed.status]).toEqual([400, 400, 422])
    expect((await market.call((await poll()).said.access_token ?? '', 'whoami')).text).toContain(
      'buyer@example.test',
    )
    expect(await connections(market, clientId)).toHaveLength(1)
  })

  test('of two people who allow a code at once, only one is connected', async () => {
    const { clientId, code, poll } = await aDevice(market)
    const people = [await atDeviceConsent(market, code), await atDeviceConsent(market, code, 'viewer')]

    const answers = await bothBefore(() => people.map((person) => person.allows()))

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400])
    expect(await connections(market, clientId)).toHaveLength(1)
    expect((await poll()).status).toBe(200)
  })

  test.for([
    ['no form token', { _csrf: '' }, {}],
    ['another site', {}, { 'sec-fetch-site': 'cross-site' }],
  ] as const)('a consent with %s is refused and connects nothing', async ([, fields, headers]) => {
    const { clientId, code } = await aDevice(market)
    const { browser, page } = await atDeviceConsent(market, code)
    const form = { _csrf: csrfOf(page), user_code: code, org: 'acme-retail', ...fields }

    const answer = await sent(market, browser, '/device/allow', form, headers)

    expect(answer.status).toBe(403)
    expect(await connections(market, clientId)).toEqual([])
  })

  test('a form token of another session is refused', async () => {
    const { code } = await aDevice(market)
    const mine = await atDeviceConsent(market, code)
    const theirs = await atDeviceConsent(market, code, 'viewer')
    const form = { _csrf: csrfOf(theirs.page), user_code: code, org: 'acme-retail' }

    expect((await sent(market, mine.browser, '/device/allow', form)).status).toBe(403)
  })

  test('a code in the URL of the page is ignored, so that a link cannot enter it for a person', async () => {
    const { code } = await aDevice(market)
    const { browser } = await atDevicePage(market)

    const page = pageOf(await browser.open(`/device?user_code=${code}`))

    expect(page.body).not.toContain(`value="${code}"`)
    expect(page.body).not.toContain('Remote shell')
  })

  test('an org that the person is not in is not found, and nothing is connected', async () => {
    const { clientId, code } = await aDevice(market)

    const answer = await (await atDeviceConsent(market, code)).allows({ org: 'hooli' })

    expect(answer.status).toBe(404)
    expect(await connections(market, clientId)).toEqual([])
  })

  test('a person who signed in more than 12 hours ago has to sign in again', async () => {
    const { clientId, code } = await aDevice(market)
    const person = await atDeviceConsent(market, code, 'viewer')
    await market.db
      .updateTable('sessions')
      .set({ auth_at: new Date(Date.now() - 13 * 3_600_000) })
      .where('customer_id', '=', market.market.person('viewer'))
      .execute()

    expect((await person.allows()).body).toContain('Sign in again')
    expect(await connections(market, clientId)).toEqual([])
  })
})

describe('guessed codes', () => {
  test('after 20 codes of a person even the right one is refused, from any network and on each form', async () => {
    const { clientId, code } = await aDevice(market)
    const before = await atDeviceConsent(market, code)
    const { types } = await atDevicePage(market)
    for (let i = 0; i < 19; i++) expect((await types('BBBB-BBBB')).status).toBe(422)

    const right = await (await atDevicePage(market)).types(code)
    const allowed = await before.allows()

    expect([right.status, allowed.status]).toEqual([429, 429])
    expect(right.body).toContain('Wait 15 minutes')
    expect(await connections(market, clientId)).toEqual([])
    expect((await (await atDevicePage(market, 'viewer')).types(code)).status).toBe(200)
  })

  test('after 40 codes of a network each person there is refused', async () => {
    const { code } = await aDevice(market)
    const address = '192.0.2.77'
    const one = await atDevicePage(market, 'buyer', market.browser(address))
    for (let i = 0; i < 20; i++) await one.types('BBBB-BBBB')
    const two = await atDevicePage(market, 'viewer', market.browser(address))
    for (let i = 0; i < 20; i++) await two.types('BBBB-BBBB')

    const third = await atDevicePage(market, 'developer', market.browser(address))

    expect((await third.types(code)).status).toBe(429)
  })

  test('20 guesses at once are counted one by one', async () => {
    const { browser, page } = await atDevicePage(market)
    const form = { _csrf: csrfOf(page), user_code: 'BBBB-BBBB' }

    const answers = await Promise.all(
      Array.from({ length: 30 }, () => sent(market, browser, '/device', form)),
    )

    expect(answers.filter(({ status }) => status === 422)).toHaveLength(20)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(10)
  })

  test('no code is found by what is not a code', async () => {
    const { types } = await atDevicePage(market)

    for (const text of ['', '%', 'BCDF', 'x'.repeat(5_000), "' or 1=1", '𝔹ℂ𝔻𝔽𝔾ℍ𝕁𝕂'])
      expect([text.slice(0, 20), (await types(text)).status]).toEqual([text.slice(0, 20), 422])
  })
})
