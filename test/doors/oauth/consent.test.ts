import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BrowserPage, type Left, type ScriptedBrowser } from '../../../sandbox/browser.ts'
import { askFor, codeIn, exchange, signedInAt } from '../../../sandbox/oauth-client.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

/** A person in front of the consent page of a new client. */
async function atConsent({
  name = 'buyer',
  metadata = {},
  scope,
}: { name?: string; metadata?: object; scope?: string } = {}) {
  const clientId = await market.aClient(metadata)
  const asked = askFor({ server: market.server, clientId, ...(scope && { scope }) })
  const browser = market.browser()
  const page = pageOf(await signedInAt(browser, asked.url, personOf(name)))
  const path = new URL(page.url).pathname
  const tokensFor = (left: URL) =>
    exchange(market.server, { asked, clientId, code: codeIn(left, asked, market.server) })
  return { clientId, asked, browser, page, path, tokensFor }
}

const pageOf = (answer: BrowserPage | Left): BrowserPage => {
  if ('left' in answer) throw new Error(`left for ${answer.left.href}`)
  return answer
}
const leftOf = (answer: BrowserPage | Left): URL => {
  if (!('left' in answer)) throw new Error(`stayed at ${answer.url}: ${answer.status}`)
  return answer.left
}

/** Sends a form as the browser would, but returns the answer itself. */
const sent = (
  browser: ScriptedBrowser,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  fetch(market.publicUrl + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
    headers: {
      accept: 'text/html',
      'sec-fetch-site': 'same-origin',
      cookie: browser.cookiesFor(path),
      ...headers,
    },
  })
const csrfOf = ({ body }: BrowserPage) => /name="_csrf" value="([^"]+)"/.exec(body)?.[1] ?? ''

const connections = (clientId: string) =>
  market.db
    .selectFrom('connections')
    .select(['id', 'scopes', 'granted_scopes', 'active_org_id', 'client_name', 'revoked_at', 'activated_at'])
    .where('client_id', '=', clientId)
    .execute()

describe('the consent page', () => {
  test('it shows who asks, where the answer goes, who the person is, the orgs and the scopes in words', async () => {
    const { page } = await atConsent({ metadata: { client_name: 'Helper' } })

    for (const words of [
      'Helper',
      'unverified name',
      '127.0.0.1',
      'this device',
      'Bea Buyer',
      'Acme Retail (you: owner)',
    ])
      expect(page.body).toContain(words)
    for (const words of [
      'Globex (you: viewer)',
      'Read only',
      'Buy within a limit',
      'but no keys',
      'It never sees a card',
    ])
      expect(page.body).toContain(words)
  })

  test('mark-up, control and direction characters in the name of an application are harmless', async () => {
    const client_name = `<img src=x onerror=alert(1)>\u202Egnp.exe\u0000\n"' ${'x'.repeat(200)}`
    const { page, browser, clientId, tokensFor } = await atConsent({ metadata: { client_name } })

    await tokensFor(leftOf(await browser.submit(page, /consent$/)))
    const [connection] = await connections(clientId)

    expect(page.body).not.toMatch(/<img|\u202E|\u0000|onerror=alert\(1\)>/)
    expect(page.body).toContain('&#60;img')
    expect(connection?.client_name).toHaveLength(60)
    expect(connection?.client_name).not.toMatch(/[\u202E\n\u0000]/)
  })

  test('what is not ticked, not in the profile or not asked for is not granted, and read always is', async () => {
    const cases = [
      [{ profile: 'read' }, 'read'],
      [{ profile: 'install' }, 'read projects'],
      [{ profile: 'buy' }, 'read projects buy'],
      [{ profile: 'all' }, 'read projects buy publish team'],
      [{ profile: 'all', scope: ['team'] }, 'read team'],
      [{ profile: 'buy', scope: [] }, 'read'],
      [{ profile: 'nonsense' }, 'read'],
      [{ profile: 'all', scope: ['admin', 'offline_access', 'buy'] }, 'read buy'],
    ] as const
    for (const [fields, granted] of cases) {
      const { page, browser, tokensFor } = await atConsent()
      const { scope } = await tokensFor(leftOf(await browser.submit(page, /consent$/, fields as never)))
      expect([fields, scope]).toEqual([fields, granted])
    }
    const narrow = await atConsent({ scope: 'read projects' })
    const forged = { profile: 'all', scope: ['projects', 'buy', 'team'] }
    const { scope } = await narrow.tokensFor(
      leftOf(await narrow.browser.submit(narrow.page, /consent$/, forged)),
    )
    expect(scope).toBe('read projects')
  })

  test('an org that the person is not in is not found, and nothing is connected', async () => {
    const { page, browser, clientId } = await atConsent()

    for (const org of ['hooli', market.market.org('hooli'), ''])
      expect(await browser.submit(page, /consent$/, { org })).toMatchObject({ status: 404 })
    expect(await connections(clientId)).toEqual([])
    expect(leftOf(await browser.submit(page, /consent$/, { org: 'globex' })).searchParams.has('code')).toBe(
      true,
    )
    expect(await connections(clientId)).toMatchObject([{ active_org_id: market.market.org('globex') }])
  })

  test('denying sends the application an error with state and iss, and connects nothing', async () => {
    const { page, browser, asked, clientId } = await atConsent()

    const left = leftOf(await browser.submit(page, /deny$/))

    expect(Object.fromEntries(left.searchParams)).toMatchObject({
      error: 'access_denied',
      state: asked.state,
      iss: market.publicUrl,
    })
    expect(await connections(clientId)).toEqual([])
    expect(await browser.open(page.url)).toMatchObject({ status: 400 })
  })

  test('the answer to a form is a page and never a redirect', async () => {
    for (const deed of ['consent', 'deny']) {
      const { page, browser, path } = await atConsent()
      const answer = await sent(browser, `${path}/${deed}`, { _csrf: csrfOf(page), org: 'acme-retail' })

      expect(answer.status).toBe(200)
      expect(answer.headers.get('location')).toBeNull()
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(await answer.text()).toContain('http-equiv="refresh"')
    }
  })

  test('allowing twice, also at once, makes one connection', async () => {
    const { page, browser, path, clientId, tokensFor } = await atConsent()
    const form = { _csrf: csrfOf(page), org: 'acme-retail', profile: 'read' }

    const answers = await Promise.all(Array.from({ length: 8 }, () => sent(browser, `${path}/consent`, form)))
    const left = leftOf(await browser.submit(page, /consent$/))

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(await connections(clientId)).toHaveLength(1)
    expect((await tokensFor(left)).scope).toBe('read')
  })

  test('allowing and denying at once leaves the application with one of both answers', async () => {
    const { page, browser, path, clientId } = await atConsent()
    const form = { _csrf: csrfOf(page), org: 'acme-retail' }

    const answers = await Promise.all(
      ['consent', 'deny'].map((deed) => sent(browser, `${path}/${deed}`, form).then(({ status }) => status)),
    )

    expect(answers.toSorted()).toEqual([200, 400])
    expect(await connections(clientId)).toHaveLength(answers[0] === 200 ? 1 : 0)
  })

  test('an answered request says what to do when it is opened again', async () => {
    const { page, browser } = await atConsent()
    leftOf(await browser.submit(page, /consent$/))

    const again = pageOf(await browser.open(page.url))

    expect(again.status).toBe(400)
    expect(again.body).toContain('Go back to your application and connect again.')
  })

  test('a request that waited 15 minutes says what to do', async () => {
    const { page, browser, clientId } = await atConsent()
    await market.db.deleteFrom('oauth_artifacts').where('model', '=', 'Interaction').execute()

    expect(await browser.submit(page, /consent$/)).toMatchObject({ status: 400 })
    expect(pageOf(await browser.open(page.url)).body).toContain('connect again')
    expect(await connections(clientId)).toEqual([])
  })

  test('a person who signed in more than 12 hours ago has to sign in again', async () => {
    const { page, browser, path, clientId } = await atConsent({ name: 'viewer' })
    const long = new Date(Date.now() - 13 * 3_600_000)
    await market.db
      .updateTable('sessions')
      .set({ auth_at: long })
      .where('customer_id', '=', market.market.person('viewer'))
      .execute()

    const shown = pageOf(await browser.open(page.url))
    const answer = await sent(browser, `${path}/consent`, { _csrf: csrfOf(page), org: 'acme-retail' })

    expect(shown.body).toContain('Sign in again')
    expect(await answer.text()).toContain('Sign in again')
    expect(await connections(clientId)).toEqual([])
    const back = pageOf(await browser.open(`/sign-in?continue=${encodeURIComponent(path)}`))
    const consent = pageOf(await browser.submit(back, '/sign-in', personOf('viewer') as never))
    expect(consent.body).toContain('Allow')
  })
})

describe('somebody else', () => {
  test.for([
    ['no form token', { _csrf: undefined }, {}],
    ['a wrong form token', { _csrf: 'wrong' }, {}],
    ['another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['another origin', {}, { 'sec-fetch-site': 'same-site' }],
  ] as const)('a consent with %s is refused and connects nothing', async ([, fields, headers]) => {
    const { page, browser, path, clientId } = await atConsent()
    const form = { _csrf: csrfOf(page), org: 'acme-retail', ...fields } as Record<string, string>
    if (form._csrf === undefined) delete form._csrf

    const answer = await sent(browser, `${path}/consent`, form, headers)

    expect(answer.status).toBe(403)
    expect(await connections(clientId)).toEqual([])
  })

  test('a form token of another session is refused', async () => {
    const mine = await atConsent()
    const theirs = await atConsent({ name: 'viewer' })

    const answer = await sent(mine.browser, `${mine.path}/consent`, {
      _csrf: csrfOf(theirs.page),
      org: 'acme-retail',
    })

    expect(answer.status).toBe(403)
  })

  test('the address of a request means nothing in another browser', async () => {
    const { page, path, clientId } = await atConsent()
    const other = market.browser()
    pageOf(await signedInAt(other, '/sign-in', personOf('viewer')))

    const shown = pageOf(await other.open(page.url))
    const home = pageOf(await other.open('/sign-in'))
    const answer = await sent(other, `${path}/consent`, { _csrf: csrfOf(home), org: 'acme-retail' })

    expect([shown.status, answer.status]).toEqual([400, 400])
    expect(await connections(clientId)).toEqual([])
  })

  test('when another person signs in meanwhile, the request of the first is over for them', async () => {
    const { browser, path, clientId } = await atConsent()
    const signIn = pageOf(await browser.open('/sign-in'))
    await browser.submit(signIn, '/sign-in', personOf('viewer') as never)
    const home = pageOf(await browser.open('/sign-in'))

    const answer = await sent(browser, `${path}/consent`, { _csrf: csrfOf(home), org: 'acme-retail' })

    expect(answer.status).toBe(400)
    expect(await connections(clientId)).toEqual([])
  })

  test('after A signed out, B connects in the same browser as B', async () => {
    const first = await atConsent()
    await first.tokensFor(leftOf(await first.browser.submit(first.page, /consent$/)))
    const home = pageOf(await first.browser.open('/'))
    await first.browser.submit(home, '/sign-out')

    const clientId = await market.aClient()
    const asked = askFor({ server: market.server, clientId })
    const page = pageOf(await signedInAt(first.browser, asked.url, personOf('viewer')))
    const left = leftOf(await first.browser.submit(page, /consent$/))
    const tokens = await exchange(market.server, {
      asked,
      clientId,
      code: codeIn(left, asked, market.server),
    })

    expect((await market.call(tokens.access_token, 'whoami')).text).toContain('viewer@example.test')
  })

  test('two requests side by side in one browser both work', async () => {
    const one = await atConsent()
    const clientId = await market.aClient()
    const asked = askFor({ server: market.server, clientId })
    const page = pageOf(await one.browser.open(asked.url))

    const first = await one.tokensFor(leftOf(await one.browser.submit(one.page, /consent$/)))
    const left = leftOf(await one.browser.submit(page, /consent$/))
    const second = await exchange(market.server, {
      asked,
      clientId,
      code: codeIn(left, asked, market.server),
    })

    expect([await market.statusOf(first.access_token), await market.statusOf(second.access_token)]).toEqual([
      200, 200,
    ])
  })

  test('a person without an org can only go back', async () => {
    const { page, browser } = await atConsent({ name: 'operator' })

    expect(page.body).not.toContain('Allow')
    expect(leftOf(await browser.submit(page, /deny$/)).searchParams.get('error')).toBe('access_denied')
  })
})
