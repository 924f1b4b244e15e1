import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { allowedIn } from '../../../sandbox/oauth-client.ts'
import type { Fields } from '../../../sandbox/browser.ts'
import { TOOLSETS } from '../../../src/mcp/call/toolset.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { aFirstSdk, aModernSdk, type OpenBrowser } from '../../support/oauth-clients.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const asBuyer =
  (consents: Fields[] = [{}]): OpenBrowser =>
  (url) =>
    allowedIn(market.browser(), url, {
      person: personOf('buyer'),
      consent: consents.shift() ?? {},
    })

describe.each([
  ['v1', aFirstSdk],
  ['v2', aModernSdk],
] as const)('the OAuth implementation of the MCP SDK %s', (_, aClient) => {
  test('the SDK registers, gets consent, calls a tool, and refreshes when its token ends', async () => {
    const client = await aClient(new URL(market.mcp), { open: asBuyer() })
    onTestFinished(() => client.close())
    const first = client.memory.tokens?.access_token

    const before = await client.call('whoami')
    await market.db.updateTable('access_tokens').set({ expires_at: new Date() }).execute()
    const after = await client.call('whoami')

    expect(before.content[0]?.text).toContain('buyer@example.test')
    expect(after.content[0]?.text).toContain('buyer@example.test')
    expect(client.memory.opened).toHaveLength(1)
    expect(client.memory.tokens?.access_token).not.toBe(first)
  })
})

describe.each([
  ['v1', aFirstSdk],
  ['v2', aModernSdk],
] as const)('the OAuth implementation of the MCP SDK %s after a revocation', (_, aClient) => {
  test('its next call begins a new consent of the same application', async () => {
    const left: string[] = []
    const client = await aClient(new URL(market.mcp), {
      async open(url) {
        if (left.push(url) > 1) throw new Error('the person does not come back')
        return asBuyer()(url)
      },
    })
    onTestFinished(() => client.close())
    const clientId = client.memory.client?.client_id ?? ''
    const { id } = await market.connectionOf(clientId)
    await revokeConnection(market.db, { id, reason: 'person', at: new Date() })

    const next = client.call('whoami')

    await expect(next).rejects.toThrow(/Unauthorized|does not come back/)
    const [, again] = client.memory.opened
    expect(again?.pathname).toBe('/oauth/authorize')
    expect(again?.searchParams.get('client_id')).toBe(clientId)
  })
})

describe.each([
  ['v1', aFirstSdk],
  ['v2', aModernSdk],
] as const)('the OAuth code of the MCP SDK %s at a path with fewer tools', (_, aClient) => {
  test.for(TOOLSETS.map(({ path }) => path))('the MCP SDK connects at %s and calls a tool', async (path) => {
    const client = await aClient(new URL(market.publicUrl + path), { open: asBuyer() })
    onTestFinished(() => client.close())

    const answer = await client.call('whoami')

    expect(answer.content[0]?.text).toContain('buyer@example.test')
    expect(client.memory.opened[0]?.searchParams.get('resource')).toBe(market.mcp)
  })
})

test('the second SDK asks for a scope that was not granted when a tool needs it', async () => {
  const consents: Fields[] = [{ profile: 'read' }, { profile: 'install' }]
  const client = await aModernSdk(new URL(market.mcp), { open: asBuyer(consents) })
  onTestFinished(() => client.close())

  const made = await client.call('create_project', {
    name: 'Shop',
    edition: 'open-source',
    idempotency_key: 'step-up-key-1',
  })

  expect(made.isError, made.content[0]?.text).not.toBe(true)
  expect(client.memory.opened).toHaveLength(2)
  expect(client.memory.opened[1]?.searchParams.get('scope')).toContain('projects')
})
