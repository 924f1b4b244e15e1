import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { askFor } from '../../sandbox/oauth-client.ts'
import { aTab } from '../support/a-tab.ts'
import { anOAuthServer, type OAuthServer } from '../support/an-oauth-server.ts'
import { axeViolations } from '../support/axe.ts'
import { launchBrowser } from '../support/browser.ts'
import { accessibilityViolations } from '../support/page-rules.ts'

const program = inject('browserPath')
const shots = process.env['SCREENSHOTS']

describe.skipIf(!program)('the consent page in a browser', { timeout: 120_000 }, () => {
  let market: OAuthServer
  let browser: Browser
  beforeAll(async () => {
    market = await anOAuthServer()
    browser = await launchBrowser(program ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await market?.close()
  })

  const anApplication = () => market.aClient({ client_name: 'Claude Code' })
  const urlFor = (clientId: string) => askFor({ server: market.server, clientId }).url

  test('an older connection can be ticked, and it ends when the new one is allowed, on phones and desktops', async () => {
    const older = await market.connected({ clientId: await anApplication() })
    const tab = await aTab(browser)
    await tab.open(`${market.publicUrl}/account`, 'buyer')
    await tab.open(urlFor(await anApplication()))
    const box = tab.page.getByLabel(/^Disconnect Claude Code, connected/)
    await box.waitFor()
    expect(await box.isChecked()).toBe(false)
    for (const width of [390, 1280])
      for (const colorScheme of ['light', 'dark'] as const) {
        await tab.page.setViewportSize({ width, height: 844 })
        await tab.page.emulateMedia({ colorScheme })
        const wrong = [...(await accessibilityViolations(tab.page)), ...(await axeViolations(tab.page))]
        if (shots)
          await tab.page.screenshot({ path: `${shots}/older-${width}-${colorScheme}.png`, fullPage: true })
        expect([width, colorScheme, wrong]).toEqual([width, colorScheme, []])
      }

    await box.check()
    const left = tab.page.waitForRequest(/^http:\/\/127\.0\.0\.1\/callback\?code=/)
    await tab.page.getByRole('button', { name: 'Allow' }).click()
    await left

    expect(await market.statusOf(older.tokens.access_token)).toBe(401)
  })

  test('no site can show the consent page in a frame, not even our own', async () => {
    const tab = await aTab(browser)
    await tab.open(`${market.publicUrl}/account`, 'buyer')
    await tab.open(urlFor(await anApplication()))
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
