import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anOAuthServer, type OAuthServer, postForm } from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

describe('registration', () => {
  test.for([
    'http://example.test/callback',
    'https://me:secret@example.test/callback',
    'https://@example.test/callback',
    'https://example.test/callback#x',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp://callback',
    'http://127.0.0.1.example.test/callback',
    'callback',
  ])('a registration with the redirect URI %s is refused', async (uri) => {
    const answer = await registered({ redirect_uris: [uri] })

    expect(answer.status).toBe(400)
    expect(answer.said.error).toMatch(/^invalid_(redirect_uri|client_metadata)$/)
  })

  test('a registration may mix https, loopback and the schemes of known programs', async () => {
    const uris = [
      'cursor://anysphere.cursor-mcp/oauth',
      'http://localhost:8080/cb',
      'https://client.example/cb',
    ]

    const answer = await registered({ redirect_uris: uris, application_type: 'web', scope: 'read' })

    expect(answer.status).toBe(201)
    expect(answer.said).toMatchObject({ redirect_uris: uris, application_type: 'native' })
    expect(answer.said).not.toHaveProperty('scope')
    expect(answer.said).not.toHaveProperty('registration_access_token')
  })

  test('a registration with 11 redirect URIs, without Content-Length, or above 8 KB is refused', async () => {
    const eleven = await registered({
      redirect_uris: Array.from({ length: 11 }, (_, i) => `https://a.example/${i}`),
    })
    const large = await registered({ client_name: 'x'.repeat(9_000) })
    const endless = await fetch(market.server.registration_endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob(['{}']).stream(),
      duplex: 'half',
    } as RequestInit)

    expect([eleven.status, large.status, endless.status]).toEqual([400, 413, 411])
  })

  test('a client with a secret gets it once, and the database keeps it encrypted', async () => {
    const { said } = await registered({ token_endpoint_auth_method: 'client_secret_post' })
    const secret = String(said.client_secret)

    const wrong = await postForm(market.server.token_endpoint, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: String(said.client_id),
      client_secret: 'wrong',
    })
    const right = await postForm(market.server.token_endpoint, {
      grant_type: 'refresh_token',
      refresh_token: 'x',
      client_id: String(said.client_id),
      client_secret: secret,
    })
    const rows = await market.db.selectFrom('oauth_clients').select('metadata').execute()

    expect([wrong.status, wrong.said.error]).toEqual([401, 'invalid_client'])
    expect([right.status, right.said.error]).toEqual([400, 'invalid_grant'])
    expect(JSON.stringify(rows)).not.toContain(secret)
  })
})

async function registered(metadata: object) {
  const answer = await fetch(market.server.registration_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['http://127.0.0.1/callback'],
      token_endpoint_auth_method: 'none',
      ...metadata,
    }),
  })
  return {
    status: answer.status,
    said: (await answer.json()) as Record<string, unknown> & { error?: string },
  }
}
