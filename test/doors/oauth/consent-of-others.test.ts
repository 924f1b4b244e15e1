import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askFor, codeIn, exchange, signedInAt } from '../../../sandbox/oauth-client.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { atConsent, connections, csrfOf, leftOf, pageOf, sent } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

describe('somebody else', () => {
  test.for([
    ['no form token', { _csrf: undefined }, {}],
    ['a wrong form token', { _csrf: 'wrong' }, {}],
    ['another site', {}, { 'sec-fetch-site': 'cross-site' }],
    ['another origin', {}, { 'sec-fetch-site': 'same-site' }],
  ] as const)('a consent with %s is refused and connects nothing', async ([, fields, headers]) => {
    const { page, browser, path, clientId } = await atConsent(market)
    const form = { _csrf: csrfOf(page), org: 'acme-retail', ...fields } as Record<string, string>
    if (form._csrf === undefined) delete form._csrf

    const answer = await sent(market, browser, `${path}/consent`, form, headers)

    expect(answer.status).toBe(403)
    expect(await connections(market, clientId)).toEqual([])
  })

  test('a consent with the form token of another session is refused', async () => {
    const mine = await atConsent(market)
    const theirs = await atConsent(market, { name: 'viewer' })

    const answer = await sent(market, mine.browser, `${mine.path}/consent`, {
      _csrf: csrfOf(theirs.page),
      org: 'acme-retail',
    })

    expect(answer.status).toBe(403)
  })

  test('the URL of a consent request does not work in another browser', async () => {
    const { page, path, clientId } = await atConsent(market)
    const other = market.browser()
    pageOf(await signedInAt(other, '/sign-in', personOf('viewer')))

    const shown = pageOf(await other.open(page.url))
    const home = pageOf(await other.open('/sign-in'))
    const answer = await sent(market, other, `${path}/consent`, { _csrf: csrfOf(home), org: 'acme-retail' })

    expect([shown.status, answer.status]).toEqual([400, 400])
    expect(await connections(market, clientId)).toEqual([])
  })

  test('when another person signs in meanwhile, they cannot answer the request of the first person', async () => {
    const { browser, path, clientId } = await atConsent(market)
    const signIn = pageOf(await browser.open('/sign-in'))
    await browser.submit(signIn, '/sign-in', personOf('viewer') as never)
    const home = pageOf(await browser.open('/sign-in'))

    const answer = await sent(market, browser, `${path}/consent`, { _csrf: csrfOf(home), org: 'acme-retail' })

    expect(answer.status).toBe(400)
    expect(await connections(market, clientId)).toEqual([])
  })

  test('after A signed out, B connects in the same browser as B', async () => {
    const first = await atConsent(market)
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
    const one = await atConsent(market)
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

  test('a person without an org cannot give consent and can only go back', async () => {
    const { page, browser } = await atConsent(market, { name: 'operator' })

    expect(page.body).not.toContain('Allow')
    expect(leftOf(await browser.submit(page, /deny$/)).searchParams.get('error')).toBe('access_denied')
  })
})
