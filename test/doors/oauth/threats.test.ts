import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { ScriptedBrowser } from '../../../sandbox/browser.ts'
import { askFor, signedInAt } from '../../../sandbox/oauth-client.ts'
import { aDevice, atDeviceConsent, DEVICE_CLIENT } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer, personOf, postForm } from '../../support/an-oauth-server.ts'
import { atConsent, connections, leftOf, pageOf } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

/** The answer itself, without following where it leads. */
const got = (path: string, browser: ScriptedBrowser = market.browser()) =>
  fetch(market.publicUrl + path, {
    redirect: 'manual',
    headers: { accept: 'text/html', cookie: browser.cookiesFor(path) },
  })

describe('somebody who has seen the addresses of a request to connect', () => {
  test('the address at which a browser fetches its code gives no code to another browser', async () => {
    const { page, browser, path } = await atConsent(market)
    const resume = path.replace('/connect/', '/oauth/authorize/')
    const thief = market.browser()
    pageOf(await signedInAt(thief, '/sign-in', personOf('viewer')))

    const before = await got(resume, thief)
    leftOf(await browser.submit(page, /consent$/))
    const after = await got(resume, thief)

    for (const answer of [before, after]) {
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
      expect(await answer.text()).not.toContain('code=')
    }
  })

  test('a code that was fetched with the state of another request gets no tokens for it', async () => {
    const mine = await atConsent(market)
    const theirs = await atConsent(market, { name: 'viewer' })
    const left = leftOf(await theirs.browser.submit(theirs.page, /consent$/))

    expect(() => mine.tokensFor(left)).toThrow('not to our request')
    const stolen = await market.token({
      grant_type: 'authorization_code',
      client_id: mine.clientId,
      redirect_uri: mine.asked.redirectUri,
      code_verifier: mine.asked.verifier,
      code: left.searchParams.get('code') ?? '',
    })

    expect([stolen.status, stolen.said.error]).toEqual([400, 'invalid_grant'])
  })
})

describe('a frame of another site', () => {
  test('no page on the way to a connection may be shown in a frame or run a script', async () => {
    const { browser, path, asked } = await atConsent(market)
    const { pathname, search } = new URL(asked.url)
    const pages = [path, '/sign-in', '/device', '/oauth/authorize?client_id=pkgc_unknown', pathname + search]

    for (const each of pages) {
      const { headers } = await got(each, browser)
      if (headers.has('location')) continue
      const policy = headers.get('content-security-policy')
      expect([each, policy]).toEqual([each, expect.stringContaining("frame-ancestors 'none'")])
      expect([each, policy]).toEqual([each, expect.not.stringContaining('script-src')])
    }
    expect((await got(path, browser)).status).toBe(200)
  })
})

describe('a metadata URL of our own network', () => {
  test('a client whose document or keys are on this machine is refused without a connection', async () => {
    const seen = { connections: 0 }
    const trap = createServer((socket) => {
      seen.connections++
      socket.destroy()
    }).listen(0, '127.0.0.1')
    await once(trap, 'listening')
    onTestFinished(() => void trap.close())
    const { port } = trap.address() as AddressInfo
    const hosts = ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']

    for (const host of hosts) {
      const { url } = askFor({ server: market.server, clientId: `https://${host}:${port}/metadata.json` })
      expect([host, (await got(new URL(url).pathname + new URL(url).search)).status]).toEqual([host, 400])
    }
    const clientId = await market.aClient({
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: `https://localhost:${port}/keys.json`,
    })
    const answer = await postForm(market.server.token_endpoint, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertionOf(clientId, market.publicUrl),
    })

    expect([answer.status, answer.said.error]).toEqual([401, 'invalid_client'])
    expect(seen.connections).toBe(0)
  })
})

describe('a code of a swindler', () => {
  test('the device page warns a person when the code was requested from another network', async () => {
    const clientId = await market.aClient(DEVICE_CLIENT)
    const from = { 'x-forwarded-for': '198.51.100.7' }
    const { said } = await postForm(
      `${market.publicUrl}/oauth/device_authorization`,
      { client_id: clientId },
      from,
    )

    const { page } = await atDeviceConsent(market, said.user_code ?? '')

    expect(said).not.toHaveProperty('verification_uri_complete')
    for (const words of ['198.51.100.*', 'not your network', 'Never type a code that somebody sent you'])
      expect(page.body).toContain(words)
    expect(await connections(market, clientId)).toEqual([])
  })

  test('mark-up in the name of a device application is harmless on each of its pages', async () => {
    const client_name = '<img src=x onerror=alert(1)>"\u202E'
    const { code, poll } = await aDevice(market, { metadata: { client_name } })

    const person = await atDeviceConsent(market, code)
    const done = await person.allows()
    await poll()
    const listed = pageOf(await person.browser.open('/account/integrations'))

    for (const { body } of [person.page, done, listed]) {
      expect(body).toContain('&#60;img')
      for (const bad of ['<img src=x', '\u202E']) expect(body).not.toContain(bad)
    }
  })
})

/** Its signature is wrong: the engine fetches the keys before it checks the signature. */
function assertionOf(clientId: string, audience: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: clientId, sub: clientId, aud: audience, jti: 'once', iat: now, exp: now + 60 }
  return `${part({ alg: 'ES256', typ: 'JWT' })}.${part(claims)}.${'A'.repeat(86)}`
}
