import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allowedIn, askFor, signedInAt } from '../../../sandbox/oauth-client.ts'
import { type BrowserPage, type Left, wordsIn } from '../../../sandbox/browser.ts'
import { TOOLSETS } from '../../../src/mcp/call/toolset.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { atConsent, leftOf } from '../../support/at-consent.ts'

let market: OAuthServer
let clientId: string
beforeAll(async () => {
  market = await anOAuthServer()
  clientId = await market.aClient()
})
afterAll(() => market.close())

/** The authorization URL of the client, with other parameters; `undefined` removes one. */
function urlWith(changes: Record<string, string | undefined> = {}, client = clientId): string {
  const url = new URL(askFor({ server: market.server, clientId: client }).url)
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  return url.href
}
const opened = (changes?: Record<string, string | undefined>, browser = market.browser()) =>
  browser.open(urlWith(changes))
const paramsOf = (answer: BrowserPage | Left) => {
  if (!('left' in answer)) throw new Error(wordsIn(answer.body))
  const { searchParams, hash } = answer.left
  return Object.fromEntries(hash ? new URLSearchParams(hash.slice(1)) : searchParams)
}

describe('the metadata', () => {
  test('the metadata names only endpoints that exist, and S256 as the only challenge method', async () => {
    const answer = await fetch(`${market.publicUrl}/.well-known/oauth-authorization-server`)
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin')
    const said = (await answer.json()) as Record<string, unknown>

    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(said).toMatchObject({
      issuer: market.publicUrl,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
    })
    for (const name of Object.keys(said).filter((key) => /_(endpoint|uri)$/.test(key)))
      expect([name, (await fetch(String(said[name]))).status], name).not.toEqual([name, 500])
    expect(said).not.toHaveProperty('userinfo_endpoint')
    expect(said).not.toHaveProperty('pushed_authorization_request_endpoint')
  })

  test('each path of the endpoint has the same resource metadata', async () => {
    const base = `${market.publicUrl}/.well-known/oauth-protected-resource`
    const said = await fetch(base).then((answer) => answer.json())

    expect(said).toMatchObject({ resource: market.mcp, authorization_servers: [market.publicUrl] })
    for (const { path } of TOOLSETS) {
      const answer = await fetch(base + path)
      expect([path, answer.status, await answer.json()]).toEqual([path, 200, said])
    }
  })

  test('an unknown address below /oauth and /.well-known answers JSON', async () => {
    for (const path of [
      '/oauth/nothing',
      '/.well-known/nothing',
      '/.well-known/oauth-protected-resource/other',
    ]) {
      const answer = await fetch(market.publicUrl + path, { headers: { accept: 'text/html' } })
      expect(answer.status).toBe(404)
      expect(answer.headers.get('content-type')).toContain('application/json')
    }
  })

  test('forged Host and proxy headers do not change the metadata', async () => {
    const at = '/.well-known/oauth-authorization-server'
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      forwarded: 'host=evil.example',
    }

    const honest = await fetch(market.publicUrl + at).then((answer) => answer.text())
    const answer = await fetch(market.publicUrl + at, { headers: forged }).then((other) => other.text())
    const otherHost = await rawGet(at, { host: 'evil.example' })

    expect(answer).toBe(honest)
    expect(otherHost.status).toBe(403)
    expect(otherHost.body).not.toContain('authorization_endpoint')
  })
})

describe('an authorization request', () => {
  test.for([
    ['another path', 'http://127.0.0.1/other'],
    ['another loopback name', 'http://localhost/callback'],
    ['another host', 'https://evil.example/callback'],
    ['a user name', 'http://me@127.0.0.1/callback'],
    ['a fragment', 'http://127.0.0.1/callback#x'],
    ['a host that begins alike', 'http://127.0.0.1.evil.example/callback'],
    ['a traversal', 'http://127.0.0.1/callback/../other'],
    ['a script', 'javascript:alert(1)'],
  ] as const)('a redirect URI with %s is refused on our own page', async ([, redirect_uri]) => {
    const page = await opened({ redirect_uri })

    expect('left' in page).toBe(false)
    expect(page).toMatchObject({ status: 400, body: expect.stringContaining('did not register') as string })
  })

  test('a loopback redirect URI may have any port', async () => {
    const left = await allowedIn(
      market.browser(),
      urlWith({ redirect_uri: 'http://127.0.0.1:51234/callback' }),
      { person: personOf('buyer') },
    )

    expect(left.href).toMatch(/^http:\/\/127\.0\.0\.1:51234\/callback\?code=/)
  })

  test.for([
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['the plain method', { code_challenge_method: 'plain' }],
    ['a challenge without its method', { code_challenge_method: undefined }],
  ] as const)('a request with %s gets no code', async ([, changes]) => {
    expect(paramsOf(await opened(changes))).toMatchObject({
      error: 'invalid_request',
      iss: market.publicUrl,
      state: expect.any(String) as string,
    })
  })

  test.for([
    ['another resource', { resource: 'https://other.example/mcp' }, 'invalid_target'],
    ['a resource that is no URL', { resource: 'mcp' }, 'invalid_target'],
    ['a token in the answer', { response_type: 'token' }, 'unsupported_response_type'],
  ] as const)('an authorization request for %s is refused', async ([, changes, error]) => {
    expect(paramsOf(await opened(changes))).toMatchObject({ error, iss: market.publicUrl })
  })

  test('after a request without a known scope, the person can choose among all scopes', async () => {
    for (const scope of [undefined, 'mcp openid', 'offline_access']) {
      const page = await signedInAt(market.browser(), urlWith({ scope }), personOf('buyer'))
      const body = 'left' in page ? '' : page.body

      for (const name of ['read', 'projects', 'buy', 'publish', 'team'])
        expect(body).toContain(`value="${name}"`)
      expect(body).not.toContain('openid')
    }
  })

  test('a client that asks for all that the metadata names, also for openid, is connected after one consent', async () => {
    for (const scope of ['offline_access openid', 'read openid']) {
      const { page, browser, tokensFor } = await atConsent(market, { scope })
      const tokens = await tokensFor(leftOf(await browser.submit(page, /consent$/)))

      expect(tokens).toMatchObject({ token_type: 'Bearer', refresh_token: expect.any(String) as string })
      expect(tokens).not.toHaveProperty('id_token')
    }
  })

  test('a signed-in person is asked for consent each time, whatever prompt the application sends', async () => {
    const browser = market.browser()
    await allowedIn(browser, urlWith(), { person: personOf('buyer') })

    const silent = await browser.open(urlWith({ prompt: 'none' }))
    const again = await browser.open(urlWith())
    const login = await browser.open(urlWith({ prompt: 'login' }))

    expect(paramsOf(silent).error).toMatch(/_required$/)
    for (const page of [again, login])
      expect(page).toMatchObject({ body: expect.stringContaining('Allow') as string })
  })

  test('the page for an unknown application says to add the server again', async () => {
    const page = await market.browser().open(urlWith({}, 'pkgc_unknown'))

    expect(page).toMatchObject({ status: 400, body: expect.stringContaining('add it again') as string })
  })

  test('a code gets tokens only with its verifier, its client and its redirect URI, and only once', async () => {
    const other = await market.aClient()
    const asked = askFor({ server: market.server, clientId })
    const code = async () => {
      const url = urlWith({ code_challenge: new URL(asked.url).searchParams.get('code_challenge') ?? '' })
      const left = await allowedIn(market.browser(), url, { person: personOf('buyer') })
      return left.searchParams.get('code') ?? ''
    }
    const right = {
      grant_type: 'authorization_code',
      client_id: clientId,
      redirect_uri: asked.redirectUri,
      code_verifier: asked.verifier,
    }
    const wrong: Record<string, string>[] = [
      { code_verifier: 'x'.repeat(43) },
      { code_verifier: '' },
      { client_id: other },
      { redirect_uri: 'http://127.0.0.1:1/callback' },
      { resource: 'https://other.example/mcp' },
    ]

    for (const change of wrong) {
      const { status, said } = await market.token({ ...right, code: await code(), ...change })
      expect([change, status, said.error]).toEqual([change, 400, expect.stringMatching(/^invalid_/)])
      expect(said).not.toHaveProperty('access_token')
    }
    expect((await market.token({ ...right, code: await code() })).status).toBe(200)
  })
})

/** Sends a request with any Host header, which `fetch` does not allow. */
async function rawGet(path: string, headers: Record<string, string>) {
  const sent = request(market.publicUrl + path, { headers })
  sent.end()
  const answer = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve))
  return { status: answer.statusCode, body: await text(answer) }
}
