import type { BrowserPage, Left, ScriptedBrowser } from '../../sandbox/browser.ts'
import { askFor, codeIn, exchange, signedInAt } from '../../sandbox/oauth-client.ts'
import { type OAuthServer, personOf } from './an-oauth-server.ts'

/** A person in front of the consent page of a new client. */
export async function atConsent(
  market: OAuthServer,
  { name = 'buyer', metadata = {}, scope }: { name?: string; metadata?: object; scope?: string } = {},
) {
  const clientId = await market.aClient(metadata)
  const asked = askFor({ server: market.server, clientId, ...(scope && { scope }) })
  const browser = market.browser()
  const page = pageOf(await signedInAt(browser, asked.url, personOf(name)))
  const path = new URL(page.url).pathname
  const tokensFor = (left: URL) =>
    exchange(market.server, { asked, clientId, code: codeIn(left, asked, market.server) })
  return { clientId, asked, browser, page, path, tokensFor }
}

export const pageOf = (answer: BrowserPage | Left): BrowserPage => {
  if ('left' in answer) throw new Error(`left for ${answer.left.href}`)
  return answer
}
export const leftOf = (answer: BrowserPage | Left): URL => {
  if (!('left' in answer)) throw new Error(`stayed at ${answer.url}: ${answer.status}`)
  return answer.left
}

/** Sends a form as the browser would, but returns the answer itself. */
export const sent = (
  market: OAuthServer,
  browser: ScriptedBrowser,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) =>
  fetch(market.publicUrl + path, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(fields),
    headers: {
      accept: 'text/html',
      'sec-fetch-site': 'same-origin',
      cookie: browser.cookiesFor(path),
      ...headers,
    },
  })
export const csrfOf = ({ body }: BrowserPage) => /name="_csrf" value="([^"]+)"/.exec(body)?.[1] ?? ''

export const connections = (market: OAuthServer, clientId: string) =>
  market.db
    .selectFrom('connections')
    .select(['id', 'scopes', 'granted_scopes', 'active_org_id', 'client_name', 'revoked_at', 'activated_at'])
    .where('client_id', '=', clientId)
    .execute()
