import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { aDevice } from '../support/a-device.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { anOAuthServer, type OAuthServer } from '../support/an-oauth-server.ts'
import { axeViolations } from '../support/axe.ts'
import { launchBrowser } from '../support/browser.ts'
import { accessibilityViolations } from '../support/page-rules.ts'

const program = inject('browserPath')
const WIDTHS = [390, 1280]
const shots = process.env['SCREENSHOTS']

describe.skipIf(!program)('the pages for a code of another machine', { timeout: 120_000 }, () => {
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

  async function expectGoodPage({ page }: Tab, name: string) {
    for (const width of WIDTHS)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: 844 })
        await page.emulateMedia({ colorScheme })
        const wrong = [...(await accessibilityViolations(page)), ...(await axeViolations(page))]
        if (shots)
          await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true })
        expect([name, width, colorScheme, wrong]).toEqual([name, width, colorScheme, []])
      }
  }

  test('a person types the code, reads what it is for and allows it, on phones and desktops', async () => {
    const { code, poll } = await aDevice(market, { scope: 'read projects publish' })
    const tab = await aTab(browser)
    await tab.open(`${market.publicUrl}/device`, 'buyer')
    await expectGoodPage(tab, 'device-code')

    await tab.page.getByLabel('Code').fill('BBBB-BBBB')
    await tab.page.getByRole('button', { name: 'Go on' }).click()
    await tab.page.getByRole('alert').waitFor()
    await expectGoodPage(tab, 'device-wrong')

    await tab.page.getByLabel('Code').fill(code)
    await tab.page.getByRole('button', { name: 'Go on' }).click()
    await tab.page.getByRole('button', { name: 'Allow' }).waitFor()
    await expectGoodPage(tab, 'device-consent')

    await tab.page.getByRole('button', { name: 'Allow' }).click()
    await tab.page.getByText('It notices within a few seconds').waitFor()
    await expectGoodPage(tab, 'device-connected')
    expect((await poll()).said.scope).toBe('read projects')
  })
})
