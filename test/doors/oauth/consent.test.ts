import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCOPE_WORDS } from '../../../src/api/customer-area/scope-words.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { atConsent, connections, csrfOf, leftOf, pageOf, sent } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const mailsAbout = (key?: string) =>
  market.db
    .selectFrom('mails')
    .select(['key', 'kind', 'to_address', 'data'])
    .where('kind', '=', 'new_connection')
    .$if(key !== undefined, (query) => query.where('key', '=', key ?? ''))
    .orderBy('key')
    .execute()

describe('the consent page', () => {
  test('the consent page shows the application, where the code is sent, the person, the orgs and the scopes in words', async () => {
    const { page } = await atConsent(market, { metadata: { client_name: 'Helper' } })

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

  test('the consent page says all that each scope allows outside of what is closed', async () => {
    const { page } = await atConsent(market)

    const open = page.body.replaceAll(/<details.*?<\/details>/gs, '')

    for (const { label, hint } of Object.values(SCOPE_WORDS)) {
      expect(open).toContain(label)
      expect(open).toContain(hint)
    }
    expect(page.body).toMatch(/<details >.*name="scope"/s)
  })

  test('mark-up, control and direction characters in the name of an application are harmless', async () => {
    const client_name = `<img src=x onerror=alert(1)>\u202Egnp.exe\u0000\n"' ${'x'.repeat(200)}`
    const { page, browser, clientId, tokensFor } = await atConsent(market, { metadata: { client_name } })

    await tokensFor(leftOf(await browser.submit(page, /consent$/)))
    const [connection] = await connections(market, clientId)

    for (const bad of ['<img', '\u202E', '\u0000', 'onerror=alert(1)>']) expect(page.body).not.toContain(bad)
    expect(page.body).toContain('&#60;img')
    expect(connection?.client_name).toHaveLength(60)
    for (const bad of ['\u202E', '\n', '\u0000']) expect(connection?.client_name).not.toContain(bad)
  })

  test('a scope that is not ticked, not in the profile or not asked for is not granted; read is always granted', async () => {
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
      const { page, browser, tokensFor } = await atConsent(market)
      const { scope } = await tokensFor(leftOf(await browser.submit(page, /consent$/, fields as never)))
      expect([fields, scope]).toEqual([fields, granted])
    }
    const narrow = await atConsent(market, { scope: 'read projects' })
    const forged = { profile: 'all', scope: ['projects', 'buy', 'team'] }
    const { scope } = await narrow.tokensFor(
      leftOf(await narrow.browser.submit(narrow.page, /consent$/, forged)),
    )
    expect(scope).toBe('read projects')
  })

  test('a consent for an org of other people is refused as not found, and nothing is connected', async () => {
    const { page, browser, clientId } = await atConsent(market)

    for (const org of ['hooli', market.market.org('hooli'), ''])
      expect(await browser.submit(page, /consent$/, { org })).toMatchObject({ status: 404 })
    expect(await connections(market, clientId)).toEqual([])
    expect(leftOf(await browser.submit(page, /consent$/, { org: 'globex' })).searchParams.has('code')).toBe(
      true,
    )
    expect(await connections(market, clientId)).toMatchObject([
      { active_org_id: market.market.org('globex') },
    ])
  })

  test('after a denial the application gets an error with state and iss, and nothing is connected', async () => {
    const { page, browser, asked, clientId } = await atConsent(market)

    const left = leftOf(await browser.submit(page, /deny$/))

    expect(Object.fromEntries(left.searchParams)).toMatchObject({
      error: 'access_denied',
      state: asked.state,
      iss: market.publicUrl,
    })
    expect(await connections(market, clientId)).toEqual([])
    expect(await browser.open(page.url)).toMatchObject({ status: 400 })
  })

  test('the answer to a consent form is a page and never a redirect', async () => {
    for (const deed of ['consent', 'deny']) {
      const { page, browser, path } = await atConsent(market)
      const answer = await sent(market, browser, `${path}/${deed}`, {
        _csrf: csrfOf(page),
        org: 'acme-retail',
      })

      expect(answer.status).toBe(200)
      expect(answer.headers.get('location')).toBeNull()
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(await answer.text()).toContain('http-equiv="refresh"')
    }
  })

  test('allowing a request twice, also at the same time, makes one connection', async () => {
    const { page, browser, path, clientId, tokensFor } = await atConsent(market)
    const form = { _csrf: csrfOf(page), org: 'acme-retail', profile: 'read' }

    const answers = await Promise.all(
      Array.from({ length: 8 }, () => sent(market, browser, `${path}/consent`, form)),
    )
    const left = leftOf(await browser.submit(page, /consent$/))

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect(await connections(market, clientId)).toHaveLength(1)
    expect((await tokensFor(left)).scope).toBe('read')
  })

  test('the person gets one mail about a new connection, also when consent is answered twice at once', async () => {
    const metadata = { client_name: 'Help\u202Eer' }
    const { page, browser, path, clientId } = await atConsent(market, { metadata })
    const form = { _csrf: csrfOf(page), org: 'acme-retail', profile: 'install', scope: 'projects' }

    await Promise.all(Array.from({ length: 4 }, () => sent(market, browser, `${path}/consent`, form)))
    leftOf(await browser.submit(page, /consent$/))
    const [connection] = await connections(market, clientId)

    const key = `new_connection:${connection?.id}`
    const mails = await mailsAbout(key)
    expect(mails).toMatchObject([{ key, kind: 'new_connection', to_address: 'buyer@example.test' }])
    expect(mails[0]?.data).toEqual({
      clientName: 'Help er',
      org: 'Acme Retail',
      scopes: ['read', 'projects'],
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    })
  })

  test('nobody gets a mail about a connection that was denied or refused', async () => {
    const before = await mailsAbout()
    const denied = await atConsent(market)
    await denied.browser.submit(denied.page, /deny$/)
    const refused = await atConsent(market)
    await refused.browser.submit(refused.page, /consent$/, { org: 'hooli' })

    expect(await mailsAbout()).toEqual(before)
  })

  test('allowing and denying at once leaves the application with one of both answers', async () => {
    const { page, browser, path, clientId } = await atConsent(market)
    const form = { _csrf: csrfOf(page), org: 'acme-retail' }

    const answers = await Promise.all(
      ['consent', 'deny'].map((deed) =>
        sent(market, browser, `${path}/${deed}`, form).then(({ status }) => status),
      ),
    )

    expect(answers.toSorted((a, b) => a - b)).toEqual([200, 400])
    expect(await connections(market, clientId)).toHaveLength(answers[0] === 200 ? 1 : 0)
  })

  test('the page of a request that was already answered says what to do', async () => {
    const { page, browser } = await atConsent(market)
    leftOf(await browser.submit(page, /consent$/))

    const again = pageOf(await browser.open(page.url))

    expect(again.status).toBe(400)
    expect(again.body).toContain('Go back to your application and connect again.')
  })

  test('the page of a request that is 15 minutes old says what to do', async () => {
    const { page, browser, clientId } = await atConsent(market)
    await market.db.deleteFrom('oauth_artifacts').where('model', '=', 'Interaction').execute()

    expect(await browser.submit(page, /consent$/)).toMatchObject({ status: 400 })
    expect(pageOf(await browser.open(page.url)).body).toContain('connect again')
    expect(await connections(market, clientId)).toEqual([])
  })

  test('consent needs a sign-in in the last 12 hours', async () => {
    const { page, browser, path, clientId } = await atConsent(market, { name: 'viewer' })
    const long = new Date(Date.now() - 13 * 3_600_000)
    await market.db
      .updateTable('sessions')
      .set({ auth_at: long })
      .where('customer_id', '=', market.market.person('viewer'))
      .execute()

    const shown = pageOf(await browser.open(page.url))
    const answer = await sent(market, browser, `${path}/consent`, { _csrf: csrfOf(page), org: 'acme-retail' })

    expect(shown.body).toContain('Sign in again')
    expect(await answer.text()).toContain('Sign in again')
    expect(await connections(market, clientId)).toEqual([])
    const back = pageOf(await browser.open(`/sign-in?continue=${encodeURIComponent(path)}`))
    const consent = pageOf(await browser.submit(back, '/sign-in', personOf('viewer') as never))
    expect(consent.body).toContain('Allow')
  })
})
