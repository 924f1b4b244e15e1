import type { BrowserPage, Fields, Left, ScriptedBrowser } from '../../sandbox/browser.ts'
import { signedInAt } from '../../sandbox/oauth-client.ts'
import { type OAuthServer, personOf, postForm } from './an-oauth-server.ts'
import { pageOf } from './at-consent.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
/** A program without a browser registers like this. */
export const DEVICE_CLIENT = {
  client_name: 'Remote shell',
  grant_types: [GRANT, 'refresh_token'],
  redirect_uris: [],
  response_types: [],
}

/** A plain client of RFC 8628 that has asked for a code. */
export async function aDevice(
  market: OAuthServer,
  {
    scope,
    metadata = {},
    more = {},
  }: { scope?: string; metadata?: object; more?: Record<string, string> } = {},
) {
  const clientId = await market.aClient({ ...DEVICE_CLIENT, ...metadata })
  const metadataUrl = `${market.publicUrl}/.well-known/oauth-authorization-server`
  const server = (await fetch(metadataUrl).then((answer) => answer.json())) as Record<string, string>
  const asked = await postForm(server.device_authorization_endpoint ?? '', {
    client_id: clientId,
    ...(scope && { scope }),
    ...more,
  })
  const deviceCode = asked.said.device_code ?? ''
  return {
    clientId,
    /** What the server answered. */
    asked,
    code: asked.said.user_code ?? '',
    deviceCode,
    /** Asks for the token, `patient` without having asked within the last seconds. */
    poll: async ({ isPatient = true, client = clientId } = {}) => {
      if (isPatient)
        await market.db
          .updateTable('oauth_artifacts')
          .set({ polled_at: null })
          .where('model', '=', 'DeviceCode')
          .execute()
      return market.token({ grant_type: GRANT, client_id: client, device_code: deviceCode })
    },
  }
}

/** A person at `/device` in a browser of their own. */
export async function atDevicePage(market: OAuthServer, name = 'buyer', browser = market.browser()) {
  const page = pageOf(await signedInAt(browser, '/device', personOf(name)))
  return { browser, page, types: (code: string) => typed(browser, page, code) }
}

const typed = async (browser: ScriptedBrowser, page: BrowserPage, code: string): Promise<BrowserPage> =>
  pageOf(await browser.submit(page, '/device', { user_code: code }))

/** A person who typed the code and sees what it is for. */
export async function atDeviceConsent(market: OAuthServer, code: string, name?: string) {
  const { browser, types } = await atDevicePage(market, name)
  const page = await types(code)
  const answer = async (path: string, fields: Fields): Promise<BrowserPage> =>
    pageOf((await browser.submit(page, path, fields)) as BrowserPage | Left)
  return {
    browser,
    page,
    allows: (fields: Fields = {}) => answer('/device/allow', fields),
    denies: () => answer('/device/deny', {}),
  }
}
