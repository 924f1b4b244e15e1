import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anOAuthServer, type OAuthServer } from '../../support/an-oauth-server.ts'
import { atConsent, connections, csrfOf, leftOf, pageOf, sent } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

/** A connection of an application with this name, and a later request of the same application. */
async function again(client_name: string, { name = 'buyer' } = {}) {
  const metadata = { client_name }
  const clientId = await market.aClient(metadata)
  const { tokens } = await market.connected({ clientId, name })
  const { id } = await market.connectionOf(clientId)
  return { clientId, id, tokens, later: await atConsent(market, { metadata }) }
}
const boxOf = (id: string) => new RegExp(`<input[^>]*name="replaces"\\s+value="${id}"[^>]*>`)

describe('the older connections of an application', () => {
  test('the consent page lists the older connections of an application, and no box is ticked', async () => {
    const { id, later } = await again('Helper one')

    const [box = ''] = boxOf(id).exec(later.page.body) ?? []

    expect(box).toContain('checkbox')
    expect(box).not.toContain('checked')
    expect(later.page.body).toContain('Disconnect Helper one, connected')
  })

  test('a ticked one ends with the consent, and the new one works', async () => {
    const { clientId, id, tokens, later } = await again('Helper two')

    const left = leftOf(await later.browser.submit(later.page, /consent$/, { replaces: id }))
    const granted = await later.tokensFor(left)

    expect(await market.statusOf(granted.access_token)).toBe(200)
    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(clientId, tokens.refresh_token)).said.error).toBe('invalid_grant')
    expect(await market.connectionOf(clientId)).toMatchObject({ revoke_reason: 'replaced' })
    const events = await market.db.selectFrom('audit_events').select('body').execute()
    const about = events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    expect(about.filter(({ object }) => object === id).at(-1)).toMatchObject({
      action: 'revoke_connection',
      detail: { reason: 'replaced' },
      request: expect.any(String) as string,
    })
  })

  test('those that are not ticked stay', async () => {
    const { tokens, later } = await again('Helper three')

    await later.tokensFor(leftOf(await later.browser.submit(later.page, /consent$/)))

    expect(await market.statusOf(tokens.access_token)).toBe(200)
  })

  test('when the consent is refused or denied, nothing ends', async () => {
    const { id, tokens, later } = await again('Helper four')

    await later.browser.submit(later.page, /consent$/, { replaces: id, org: 'hooli' })
    await later.browser.submit(later.page, /deny$/, { replaces: id })

    expect(await market.statusOf(tokens.access_token)).toBe(200)
  })

  test('a form that is wrong keeps what was ticked and ends nothing', async () => {
    const { id, tokens, later } = await again('Helper five')

    const wrong = { replaces: id, spending_per_purchase_0: 'a lot' }
    const page = pageOf(await later.browser.submit(later.page, /consent$/, wrong))

    expect(page.status).toBe(422)
    expect(boxOf(id).exec(page.body)?.[0]).toContain('checked')
    expect(await market.statusOf(tokens.access_token)).toBe(200)
  })

  test('a connection of somebody else is neither listed nor ended, also by a forged form', async () => {
    const { id, tokens, later } = await again('Helper six', { name: 'developer' })

    expect(later.page.body).not.toContain(id)
    const forged = { _csrf: csrfOf(later.page), org: 'acme-retail', replaces: id }
    const answer = await sent(market, later.browser, `${later.path}/consent`, forged)

    expect(answer.status).toBe(200)
    expect(await market.statusOf(tokens.access_token)).toBe(200)
  })

  test('another application of the person is not listed, also with the same name at another host', async () => {
    await market.connected({ clientId: await market.aClient({ client_name: 'Other' }) })
    const there = { client_name: 'Helper seven', redirect_uris: ['https://there.example/cb'] }
    const clientId = await market.aClient(there)
    await market.connected({ clientId, redirectUri: 'https://there.example/cb' })

    const { page } = await atConsent(market, { metadata: { client_name: 'Helper seven' } })

    expect(page.body).not.toContain('name="replaces"')
  })

  test('what is no id of a connection is ignored', async () => {
    const { page, browser, path, clientId } = await atConsent(market)

    const answer = await sent(market, browser, `${path}/consent`, {
      _csrf: csrfOf(page),
      org: 'acme-retail',
      replaces: "con_x' or 1=1",
    })

    expect(answer.status).toBe(200)
    expect(await connections(market, clientId)).toHaveLength(1)
  })

  test('answering twice ends the same connections once, and not the new one', async () => {
    const { id, later } = await again('Helper eight')
    const form = { _csrf: csrfOf(later.page), org: 'acme-retail', profile: 'read', replaces: id }

    const answers = await Promise.all(
      Array.from({ length: 4 }, () => sent(market, later.browser, `${later.path}/consent`, form)),
    )

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(await connections(market, later.clientId)).toMatchObject([{ revoked_at: null }])
    const events = await market.db.selectFrom('audit_events').select('body').execute()
    const ends = events.filter(({ body }) => body.includes(id) && body.includes('revoke_connection'))
    expect(ends).toHaveLength(1)
  })
})
