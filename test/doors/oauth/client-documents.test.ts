import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { allowedIn, askFor, signedInAt } from '../../../sandbox/oauth-client.ts'
import { aClientSite } from '../../support/a-client-site.ts'
import { anOAuthServer, type OAuthServer, personOf } from '../../support/an-oauth-server.ts'
import { aModernSdk } from '../../support/oauth-clients.ts'

const URL_OF_CLIENT = 'https://client.example/metadata.json'
const DAY = 24 * 3_600_000
const good = {
  client_id: URL_OF_CLIENT,
  client_name: 'Good Client',
  redirect_uris: ['http://127.0.0.1:45678/callback', 'http://127.0.0.1/callback'],
  token_endpoint_auth_method: 'none',
}

let site: Awaited<ReturnType<typeof aClientSite>>
let answer: (response: ServerResponse) => void
let market: OAuthServer
beforeEach(async () => {
  answer = (response) => response.end(JSON.stringify(good))
  site = await aClientSite((_, response) => answer(response))
  market = await anOAuthServer({ publicFetch: site.fetch })
})
afterEach(async () => {
  await market.close()
  await site.close()
})

/** Another process has the same database, but not the memory of this process. */
const consentShown = async () => {
  const { url } = askFor({ server: market.server, clientId: URL_OF_CLIENT })
  const page = await signedInAt(market.browser(), url, personOf('buyer'))
  return 'left' in page ? undefined : page
}

describe('a client that is described by a document', () => {
  test('the second SDK connects by its document, and the page names the verified host', async () => {
    const client = await aModernSdk(new URL(market.mcp), {
      metadataUrl: URL_OF_CLIENT,
      open: (url) => allowedIn(market.browser(), url, { person: personOf('buyer') }),
    })
    onTestFinished(() => client.close())

    expect((await client.call('whoami')).content[0]?.text).toContain('buyer@example.test')
    expect((await consentShown())?.body).toContain('verified: client.example')
    const connection = await market.db
      .selectFrom('connections')
      .select(['client_id', 'client_host'])
      .executeTakeFirst()
    expect(connection).toEqual({ client_id: URL_OF_CLIENT, client_host: 'client.example' })
    expect(site.requests.count).toBe(1)
    expect(await market.db.selectFrom('oauth_clients').select('client_id').execute()).toEqual([])
  })

  test.for([
    ['names another id', { client_id: 'https://client.example/other.json' }],
    ['names a foreign redirect', { redirect_uris: ['http://evil.example/'] }],
    ['has a secret', { client_secret: 'x', token_endpoint_auth_method: 'client_secret_post' }],
  ] as const)('a document that %s is refused', async ([, change]) => {
    answer = (response) => response.end(JSON.stringify({ ...good, ...change }))

    expect(await consentShown()).toMatchObject({ status: 400 })
  })

  test('a document on another host of our network is refused without a connection', async () => {
    const { url } = askFor({ server: market.server, clientId: 'https://internal.example/metadata.json' })

    expect(await market.browser().open(url)).toMatchObject({ status: 400 })
    expect(site.requests.count).toBe(0)
  })

  test.for([
    ['the host is down', (response: ServerResponse): void => void response.destroy()],
    ['the document is broken', (response: ServerResponse): void => void response.end('<html>')],
    ['the host answers 500', (response: ServerResponse): void => void response.writeHead(500).end()],
  ] as const)('when %s, the last valid copy is used for a week', async ([, broken]) => {
    const { tokens } = await market.connected({ clientId: URL_OF_CLIENT, redirectUri: good.redirect_uris[1] })
    const other = await anotherProcess()
    answer = broken

    market.clock.ahead = 6 * DAY
    const refreshed = await other.refresh(URL_OF_CLIENT, tokens.refresh_token)
    const late = await anotherProcess(8 * DAY)
    const refused = await late.refresh(URL_OF_CLIENT, refreshed.said.refresh_token ?? '')

    expect(refreshed.status).toBe(200)
    expect([refused.status, refused.said.error]).toEqual([400, 'invalid_client'])
  })

  test('new redirect URIs in a document are audited', async () => {
    await consentShown()
    answer = (response) =>
      response.end(JSON.stringify({ ...good, redirect_uris: ['https://client.example/cb'] }))
    const other = await anotherProcess()
    await other.refresh(URL_OF_CLIENT, 'x')

    const rows = await market.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', 'platform')
      .execute()
    expect(rows.map(({ body }) => body).join()).toContain('change_client_document')
  })

  test('a blocked document is refused at once', async () => {
    await consentShown()
    await market.db.updateTable('client_documents').set({ blocked_at: new Date() }).execute()

    expect(await consentShown()).toMatchObject({ status: 400 })
  })
})

async function anotherProcess(ahead = 0) {
  const other = await market.again(ahead)
  onTestFinished(other.close)
  return other
}
