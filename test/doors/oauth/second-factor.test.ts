import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ScriptedBrowser } from '../../../sandbox/browser.ts'
import { signedInAt } from '../../../sandbox/oauth-client.ts'
import { aDevice } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { atConsent, connections, csrfOf, pageOf, sent } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const PATH = '/account/second-factor'

/** The person turns codes on in another browser. Returns the code of the app at a moment. */
async function codesOn(name: string): Promise<(ahead?: number) => string> {
  const browser = market.browser()
  await signedInAt(browser, '/account/security', personOf(name))
  const started = pageOf(await browser.submit(pageOf(await browser.open(PATH)), `${PATH}/start`))
  const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(started.body)?.[1]?.replaceAll(' ', '') ?? ''
  const totp = URI.parse(`otpauth://totp/packagento:any?secret=${key}`) as TOTP
  const code = (ahead = 0) => totp.generate({ timestamp: Date.now() + ahead })
  const done = pageOf(await browser.submit(started, `${PATH}/confirm`, { code: code() }))
  expect(done.status).toBe(200)
  return code
}

const entersPassword = async (browser: ScriptedBrowser, path: string, name: string) => {
  const signIn = pageOf(await browser.open(path))
  expect(new URL(signIn.url).pathname).toBe('/sign-in')
  return pageOf(await browser.submit(signIn, '/sign-in', personOf(name)))
}

describe('a person who signed in by password and has turned codes on since', () => {
  test('the open consent page asks for password and code, and then allows the same request', async () => {
    const { page, browser, path, clientId } = await atConsent(market)
    const code = await codesOn('buyer')

    const forged = { _csrf: csrfOf(page), org: 'acme-retail' }
    const sentByForm = await sent(market, browser, `${path}/consent`, forged)
    const shown = pageOf(await browser.open(page.url))
    const codePage = await entersPassword(browser, page.url, 'buyer')
    const without = pageOf(await browser.open(page.url))
    const consent = pageOf(await browser.submit(codePage, '/sign-in/code', { code: code(30_000) }))

    expect([303, 403]).toContain(sentByForm.status)
    for (const each of [shown, without]) expect(each.body).not.toContain('Allow')
    expect(new URL(codePage.url).pathname).toBe('/sign-in/code')
    expect(await connections(market, clientId)).toEqual([])
    expect(new URL(consent.url).pathname).toBe(path)
    expect(consent.body).toContain('Allow')
    expect('left' in (await browser.submit(consent, /consent$/))).toBe(true)
    expect(await connections(market, clientId)).toHaveLength(1)
  })

  test('a device code cannot be allowed either', async () => {
    const { code: userCode, clientId } = await aDevice(market)
    const browser = market.browser()
    const page = pageOf(await signedInAt(browser, '/device', personOf('viewer')))
    const decide = pageOf(await browser.submit(page, '/device', { user_code: userCode }))
    await codesOn('viewer')

    await browser.submit(decide, '/device/allow')

    expect(await connections(market, clientId)).toEqual([])
    expect(await entersPassword(browser, '/device', 'viewer')).toMatchObject({
      body: expect.stringContaining('Enter your code') as string,
    })
  })
})
