import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askFor, codeIn, exchange, signedInAt } from '../../../sandbox/oauth-client.ts'
import { aDevice } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { leftOf, pageOf } from '../../support/at-consent.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const TYPE = 'packagento_spending'
const EUR = { currency: 'EUR', per_purchase: '120.50', per_day: '240.00', per_month: '1000.00' }
const DETAIL = { type: TYPE, limits: [EUR], vendors: ['northwind'], subscriptions: true }

/** A client that asks for these details, and a person in front of what the server shows. */
async function asked(details: unknown, { scope }: { scope?: string } = {}) {
  const clientId = await market.aClient()
  const request = askFor({ server: market.server, clientId, ...(scope && { scope }) })
  const url = new URL(request.url)
  url.searchParams.set(
    'authorization_details',
    typeof details === 'string' ? details : JSON.stringify(details),
  )
  const browser = market.browser()
  const answer = await signedInAt(browser, url.href, personOf('buyer'))
  const tokens = async (fields: Record<string, string | string[] | undefined> = {}) => {
    const left = leftOf(await browser.submit(pageOf(answer), /consent$/, fields))
    const code = codeIn(left, request, market.server)
    return exchange(market.server, { asked: request, clientId, code }) as Promise<
      Awaited<ReturnType<typeof exchange>> & { authorization_details?: unknown }
    >
  }
  return { clientId, answer, browser, tokens }
}

const limitsOf = async (clientId: string) => {
  const { id } = await market.connectionOf(clientId)
  return market.db
    .selectFrom('spending_limits')
    .select(['currency', 'per_purchase', 'per_day', 'per_month'])
    .where('connection_id', '=', id)
    .orderBy('currency')
    .execute()
}

describe('an application that asks for spending rules', () => {
  test('requested spending rules fill the form, and the token response has what was granted, also after a refresh', async () => {
    const { clientId, answer, tokens } = await asked([DETAIL])

    const granted = await tokens()
    const refreshed = await market.refresh(clientId, granted.refresh_token)

    const { body } = pageOf(answer)
    for (const words of [
      'value="120.50"',
      'value="240.00"',
      'value="1000.00"',
      'northwind',
      'asks for these limits',
    ])
      expect(body).toContain(words)
    expect(granted.authorization_details).toEqual([DETAIL])
    expect(refreshed.said.authorization_details).toEqual([DETAIL])
    expect(await limitsOf(clientId)).toEqual([
      { currency: 'EUR', per_purchase: 12_050, per_day: 24_000, per_month: 100_000 },
    ])
  })

  test('what the person lowered counts, not what was asked', async () => {
    const { clientId, tokens } = await asked([DETAIL])

    const granted = await tokens({ spending_per_purchase_0: '10', spending_subscriptions: undefined })

    const lowered = { ...DETAIL, limits: [{ ...EUR, per_purchase: '10.00' }], subscriptions: false }
    expect(granted.authorization_details).toEqual([lowered])
    expect(await limitsOf(clientId)).toMatchObject([{ per_purchase: 1_000 }])
  })

  test.for([
    ['the notice that the application asked for limits', [DETAIL], true],
    ['no notice when the application asked for none', [], false],
  ] as const)('a consent form with an invalid amount comes back with %s', async ([, details, isNoticed]) => {
    const { answer, browser } = await asked(details)

    const again = pageOf(
      await browser.submit(pageOf(answer), /consent$/, { spending_per_purchase_0: 'much' }),
    )

    expect(again.status).toBe(422)
    expect(again.body.includes('asks for these limits')).toBe(isNoticed)
  })

  test('a person who does not allow buying grants no rules', async () => {
    const { clientId, tokens } = await asked([DETAIL])

    const granted = await tokens({ profile: 'install' })

    expect(granted.scope).toBe('read projects')
    expect(granted).not.toHaveProperty('authorization_details')
    expect(await limitsOf(clientId)).toEqual([])
  })

  test('an application that asks for no spending rules gets none in the response, and the form shows the defaults', async () => {
    const { answer, tokens } = await asked([])

    expect(pageOf(answer).body).not.toContain('asks for these limits')
    expect(await tokens()).not.toHaveProperty('authorization_details')
  })

  test('details cannot be asked for at the token endpoint', async () => {
    const { clientId, tokens } = await asked([DETAIL])
    const { refresh_token } = await tokens()
    const more = { authorization_details: JSON.stringify([{ ...DETAIL, vendors: undefined }]) }

    const { status, said } = await market.refresh(clientId, refresh_token, more)

    expect([status, said.error]).toEqual([400, 'invalid_authorization_details'])
    expect(said).not.toHaveProperty('access_token')
  })

  test.for([
    ['no JSON', '{', /JSON/, {}],
    ['no list', DETAIL, /JSON array/, {}],
    ['another type', [{ type: 'payment_initiation' }], /unsupported/, {}],
    ['an unknown field', [{ ...DETAIL, unlimited: true }], /unlimited/, {}],
    ['no limits', [{ type: TYPE, limits: [] }], /^limits: /, {}],
    ['a currency twice', [{ ...DETAIL, limits: [EUR, EUR] }], /^limits: has a currency twice/, {}],
    ['too many decimals', [{ ...DETAIL, limits: [{ ...EUR, per_day: '1.234' }] }], /^limits.0.per_day: /, {}],
    ['a negative amount', [{ ...DETAIL, limits: [{ ...EUR, per_day: '-1' }] }], /^limits.0.per_day: /, {}],
    ['a number as amount', [{ ...DETAIL, limits: [{ ...EUR, per_day: 5 }] }], /^limits.0.per_day: /, {}],
    ['an unknown vendor', [{ ...DETAIL, vendors: ['nobody'] }], /no vendor nobody/, {}],
    ['the same type twice', [DETAIL, DETAIL], /only once/, {}],
    ['no scope to buy', [DETAIL], /needs the scope buy/, { scope: 'read projects' }],
  ] as const)('details with %s are refused before anybody is asked', async ([, details, why, more]) => {
    const { answer } = await asked(details, more)

    const params = Object.fromEntries(leftOf(answer).searchParams)
    expect(params).toMatchObject({ error: 'invalid_authorization_details', iss: market.publicUrl })
    expect(params).not.toHaveProperty('code')
    expect(params.error_description).toMatch(why)
    expect(params.error_description).toMatch(/^[ !#-[\]-~]+$/)
  })

  test('a device cannot ask for them', async () => {
    const { asked: answer } = await aDevice(market, {
      scope: 'read buy',
      more: { authorization_details: JSON.stringify([DETAIL]) },
    })

    expect([answer.status, answer.said.error]).toEqual([400, 'invalid_authorization_details'])
    expect(answer.said.error_description).toContain('a device cannot buy')
  })

  test('the metadata of the server and of the resource name the type', async () => {
    for (const name of ['oauth-authorization-server', 'oauth-protected-resource/mcp']) {
      const answer = await fetch(`${market.publicUrl}/.well-known/${name}`)
      expect(await answer.json()).toMatchObject({ authorization_details_types_supported: [TYPE] })
    }
  })
})
