import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anOAuthServer, type OAuthServer, postForm } from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

describe('an application that knows only the URL of the MCP endpoint', () => {
  test('a client with only the URL of the MCP endpoint finds the server, registers, gets consent and calls a tool', async () => {
    const { clientId, tokens } = await market.connected()

    const answer = await market.call(tokens.access_token, 'whoami')
    const refreshed = await market.refresh(clientId, tokens.refresh_token)
    const revoked = await postForm(market.server.revocation_endpoint, {
      client_id: clientId,
      token: refreshed.said.refresh_token ?? '',
    })

    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'read projects buy' })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('buyer@example.test')
    expect(refreshed.status).toBe(200)
    expect(revoked.status).toBe(200)
    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect(await market.statusOf(refreshed.said.access_token ?? '')).toBe(401)
  })
})
