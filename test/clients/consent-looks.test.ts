import { describe, expect, inject } from 'vitest'
import { askFor } from '../../sandbox/oauth-client.ts'
import { oauthBrowserTest as test } from '../support/an-oauth-browser.ts'
import type { OAuthServer } from '../support/an-oauth-server.ts'
import { expectGoodLooks } from '../support/good-looks.ts'

const program = inject('browserPath')

describe.skipIf(!program)('the consent page in a browser', { timeout: 120_000 }, () => {
  const anApplication = (market: OAuthServer) => market.aClient({ client_name: 'Claude Code' })
  const urlFor = (market: OAuthServer, clientId: string) => askFor({ server: market.server, clientId }).url

  test('an older connection can be ticked, and it ends when the new one is allowed, on phones and desktops', async ({
    market,
    tab,
  }) => {
    const older = await market.connected({ clientId: await anApplication(market) })
    await tab.open(`${market.publicUrl}/account`, 'buyer')
    await tab.open(urlFor(market, await anApplication(market)))
    const box = tab.page.getByLabel(/^Disconnect Claude Code, connected/)
    await box.waitFor()
    expect(await box.isChecked()).toBe(false)
    await expectGoodLooks(tab.page, 'older')

    await box.check()
    const left = tab.page.waitForRequest(/^http:\/\/127\.0\.0\.1\/callback\?code=/)
    await tab.page.getByRole('button', { name: 'Allow' }).click()
    await left

    expect(await market.statusOf(older.tokens.access_token)).toBe(401)
  })

  test('no site can show the consent page in a frame, not even our own', async ({ market, tab }) => {
    await tab.open(`${market.publicUrl}/account`, 'buyer')
    await tab.open(urlFor(market, await anApplication(market)))
    await tab.page.getByRole('button', { name: 'Allow' }).waitFor()
    const consent = tab.page.url()
    const around = `${market.publicUrl}/frame`
    await tab.page.route(around, (route) =>
      route.fulfill({ contentType: 'text/html', body: `<iframe src="${consent}"></iframe>` }),
    )

    await tab.page.goto(around)
    const frame = await (await tab.page.waitForSelector('iframe')).contentFrame()
    await frame?.waitForLoadState()

    expect(frame?.url()).toMatch(/^chrome-error:/)
    expect(await frame?.getByRole('button', { name: 'Allow' }).count()).toBe(0)
  })
})
