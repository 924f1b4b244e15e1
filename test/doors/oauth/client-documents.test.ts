import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { blockClient, unblockClient } from '#domain/connections'
import { allowedIn, askFor, signedInAt } from '../../../sandbox/oauth-client.ts'
import { aClientSite } from '../../support/a-client-site.ts'
import { atDevicePage } from '../../support/a-device.ts'
import { anOAuthServer, type OAuthServer, personOf, postForm } from '../../support/an-oauth-server.ts'
import { pageOf } from '../../support/at-consent.ts'
import { aModernSdk } from '../../support/oauth-clients.ts'

const DAY = 24 * 3_600_000
const REDIRECTS = ['http://127.0.0.1:45678/callback', 'http://127.0.0.1/callback']

// all tests share the market, and each one has a client of its own
let nth = 0
let URL_OF_CLIENT: string
let good: object
/** The number of the last event about the platform before this test. */
let before: number
let site: Awaited<ReturnType<typeof aClientSite>>
let answer: (response: ServerResponse) => void
let market: OAuthServer
beforeAll(async () => {
  site = await aClientSite((_, response) => answer(response))
  market = await anOAuthServer({ publicFetch: site.fetch })
})
afterAll(async () => {
  await market?.close()
  await site?.close()
})
beforeEach(async () => {
  URL_OF_CLIENT = `https://client.example/${++nth}.json`
  good = {
    client_id: URL_OF_CLIENT,
    client_name: 'Good Client',
    redirect_uris: REDIRECTS,
    token_endpoint_auth_method: 'none',
  }
  answer = says({})
  site.requests.count = 0
  market.clock.ahead = 0
  before = (await platformEvents(0)).length
})

/** The document of a good client with this change. */
const says = (change: object) => (response: ServerResponse) =>
  void response.end(JSON.stringify({ ...good, ...change }))

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
      .where('client_id', '=', URL_OF_CLIENT)
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
    answer = says(change)

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
    const { tokens } = await market.connected({ clientId: URL_OF_CLIENT, redirectUri: REDIRECTS[1] })
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
    answer = says({ redirect_uris: ['https://client.example/cb'] })
    const other = await anotherProcess()
    await other.refresh(URL_OF_CLIENT, 'x')

    expect(await platformEvents(before)).toContain('change_client_document')
  })

  test('a document that an operator blocks is refused at once, and its connections end', async () => {
    const { tokens } = await market.connected({ clientId: URL_OF_CLIENT, redirectUri: REDIRECTS[1] })

    await blockClient(market.db, { clientId: URL_OF_CLIENT, at: new Date() })

    expect(await consentShown()).toMatchObject({ status: 400 })
    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(URL_OF_CLIENT, tokens.refresh_token)).said.error).toBe('invalid_client')
  })

  test('a document can be blocked before anybody has used it', async () => {
    await blockClient(market.db, { clientId: URL_OF_CLIENT, at: new Date() })

    expect(await consentShown()).toMatchObject({ status: 400 })
    await unblockClient(market.db, URL_OF_CLIENT)
    expect((await consentShown())?.body).toContain('Good Client')
  })
})

describe('a document that its owner took away', () => {
  test.for([
    ['answers 404', (response: ServerResponse): void => void response.writeHead(404).end()],
    ['answers 410', (response: ServerResponse): void => void response.writeHead(410).end()],
    ['is no JSON', (response: ServerResponse): void => void response.end('<html>')],
    ['names another id', says({ client_id: 'https://client.example/other.json' })],
    ['has a foreign redirect', says({ redirect_uris: ['http://evil.example/'] })],
    ['has a secret', says({ client_secret: 'x' })],
    ['wants a secret', says({ token_endpoint_auth_method: 'client_secret_basic' })],
  ] as const)(
    'when it %s, nobody can connect it any more, and its connections go on',
    async ([, withdrawn]) => {
      const wanted = { clientId: URL_OF_CLIENT, redirectUri: REDIRECTS[1] }
      const { tokens } = await market.connected(wanted)
      answer = withdrawn
      const other = await anotherProcess()

      const refused = await other.authorize(URL_OF_CLIENT)
      const refreshed = await other.refresh(URL_OF_CLIENT, tokens.refresh_token)
      const afterwards = await other.authorize(URL_OF_CLIENT)

      expect([refused, refreshed.status, afterwards]).toEqual([400, 200, 400])
      expect(await market.statusOf(refreshed.said.access_token ?? '')).toBe(200)
      // this process still has the valid document in its memory
      expect(await consentShown()).toMatchObject({ status: 400 })
      expect(await market.connectionsOf(URL_OF_CLIENT)).toHaveLength(1)
      answer = says({})
      expect(await (await anotherProcess()).authorize(URL_OF_CLIENT)).toBe(303)
      expect((await consentShown())?.body).toContain('Good Client')
      expect(await platformEvents(before)).toEqual(['withdraw_client_document', 'restore_client_document'])
    },
  )

  test.for([
    ['the host is down', (response: ServerResponse): void => void response.destroy()],
    ['the host answers 500', (response: ServerResponse): void => void response.writeHead(500).end()],
    ['the host answers 403', (response: ServerResponse): void => void response.writeHead(403).end()],
  ] as const)('when %s, people can still connect it', async ([, broken]) => {
    await consentShown()
    answer = broken

    expect(await (await anotherProcess()).authorize(URL_OF_CLIENT)).toBe(303)
    expect(await platformEvents(before)).toEqual([])
  })

  test('a consent page that is already open cannot be allowed', async () => {
    const { url } = askFor({ server: market.server, clientId: URL_OF_CLIENT })
    const browser = market.browser()
    const page = pageOf(await signedInAt(browser, url, personOf('buyer')))
    answer = (response) => void response.writeHead(410).end()
    await (await anotherProcess()).authorize(URL_OF_CLIENT)

    expect(await browser.submit(page, /consent$/)).toMatchObject({ status: 400 })
    expect(await market.connectionsOf(URL_OF_CLIENT)).toEqual([])
  })

  test('a device code that is already shown cannot be allowed', async () => {
    const metadata = { grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] }
    answer = says(metadata)
    const fields = { client_id: URL_OF_CLIENT, scope: 'read' }
    const { said } = await postForm(`${market.publicUrl}/oauth/device_authorization`, fields)
    const { types } = await atDevicePage(market)
    answer = (response) => void response.writeHead(410).end()
    await (await anotherProcess()).authorize(URL_OF_CLIENT)

    const page = await types(said.user_code ?? '')

    expect([page.status, page.body]).toEqual([400, expect.stringContaining('connect again')])
  })
})

/** What was done to the platform, without the first events. */
async function platformEvents(without: number): Promise<string[]> {
  const rows = await market.db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', 'platform')
    .orderBy('seq')
    .execute()
  return rows.slice(without).map(({ body }) => (JSON.parse(body) as { action: string }).action)
}

async function anotherProcess(ahead = 0) {
  const other = await market.again(ahead)
  onTestFinished(other.close)
  return other
}
