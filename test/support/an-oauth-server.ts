import { hash, randomBytes } from 'node:crypto'
import { openSecrets } from '#platform/secrets'
import { freePort } from '../../sandbox/engines/process.ts'
import { SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'
import { scriptedBrowser } from '../../sandbox/browser.ts'
import { allowedIn, askFor, connectAs, discover, register, type Wanted } from '../../sandbox/oauth-client.ts'
import type { PublicFetch } from '#platform/public-fetch'
import { aNewAddress } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'
import { aMarket } from './demo-market.ts'

export type OAuthServer = Awaited<ReturnType<typeof anOAuthServer>>

/** All doors of the api on a free port, with the demo market, and people who connect applications. */
export async function anOAuthServer({ publicFetch }: { publicFetch?: PublicFetch } = {}) {
  const database = await aDatabase('market')
  const market = await aMarket(database.db)
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const trustedProxies = ['127.0.0.1']
  const options = { publicUrl, now, trustedProxies, ...(publicFetch && { publicFetch }) }
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const { app, logged } = await anApp(database.db, { ...options, secrets })
  await app.listen({ host: '127.0.0.1', port })
  const mcp = `${publicUrl}/mcp`
  const server = await discover(mcp)

  return {
    db: database.db,
    market,
    app,
    logged,
    publicUrl,
    mcp,
    server,
    clock,
    /** A browser with an address of its own, because sign-ins are limited by address. */
    browser: (address = aNewAddress()) => scriptedBrowser(publicUrl, { 'x-forwarded-for': address }),
    /** A new client; `metadata` replaces what it says about itself. */
    aClient: async (metadata: object = {}) => (await register(server, metadata)).client_id,
    /** A person of the market connects a client. */
    async connected(more: Partial<Wanted> & { name?: string } = {}) {
      const { name = 'buyer', ...rest } = more
      const clientId = more.clientId ?? (await register(server)).client_id
      return {
        clientId,
        tokens: await connectAs({
          server,
          person: personOf(name),
          browser: scriptedBrowser(publicUrl, { 'x-forwarded-for': aNewAddress() }),
          ...rest,
          clientId,
        }),
      }
    },
    /** Gets only the code, and a function that redeems it. */
    async aCode() {
      const { client_id } = await register(server)
      const asked = askFor({ server, clientId: client_id })
      const browser = scriptedBrowser(publicUrl, { 'x-forwarded-for': aNewAddress() })
      const left = await allowedIn(browser, asked.url, { person: personOf('buyer') })
      const fields = {
        grant_type: 'authorization_code',
        client_id,
        redirect_uri: asked.redirectUri,
        code_verifier: asked.verifier,
        code: left.searchParams.get('code') ?? '',
      }
      return { clientId: client_id, left, redeem: () => postForm(server.token_endpoint, fields) }
    },
    connectionOf: (clientId: string) =>
      database.db
        .selectFrom('connections')
        .select(['id', 'revoked_at', 'revoke_reason', 'activated_at', 'scopes'])
        .where('client_id', '=', clientId)
        .executeTakeFirstOrThrow(),
    connectionsOf: (clientId: string) =>
      database.db.selectFrom('connections').select('id').where('client_id', '=', clientId).execute(),
    /** The HTTP status of a call with this token. */
    statusOf: async (token: string) => (await callTool(mcp, token, 'whoami')).status,
    call: (token: string, tool: string, input: object = {}) => callTool(mcp, token, tool, input),
    /** The answer of the token endpoint, whatever its status. */
    token: (fields: Record<string, string>) => postForm(server.token_endpoint, fields),
    refresh: (clientId: string, refresh_token: string, more: Record<string, string> = {}) =>
      postForm(server.token_endpoint, {
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token,
        ...more,
      }),
    /** Another process with the same database and keys, whose clock is ahead. */
    async again(ahead = 0) {
      const later = () => new Date(Date.now() + ahead)
      const other = await anApp(database.db, { ...options, now: later, secrets })
      const at = await other.app.listen({ host: '127.0.0.1', port: 0 })
      return {
        refresh: (client_id: string, refresh_token: string) =>
          postForm(`${at}/oauth/token`, { grant_type: 'refresh_token', client_id, refresh_token }),
        /** The status of an authorization request. */
        async authorize(clientId: string) {
          const url = new URL(askFor({ server, clientId }).url)
          return (await fetch(`${at}${url.pathname}${url.search}`, { redirect: 'manual' })).status
        },
        close: () => other.app.close(),
      }
    },
    async close() {
      await app.close()
      await database.close()
    },
  }
}

export const hashOfToken = (token: string): Buffer => hash('sha256', token, 'buffer')

export const personOf = (name: string) => ({ email: `${name}@example.test`, password: SANDBOX_PASSWORD })

export async function postForm(
  url: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  const answer = await fetch(url, { method: 'POST', headers, body: new URLSearchParams(fields) })
  const text = await answer.text()
  const said = text ? (JSON.parse(text) as Record<string, string>) : {}
  return { status: answer.status, headers: answer.headers, said }
}

async function callTool(mcp: string, token: string, name: string, args: object = {}) {
  const answer = await fetch(mcp, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } }),
  })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}
