import { inject, test } from 'vitest'
import { aTab } from './a-tab.ts'
import { anOAuthServer } from './an-oauth-server.ts'
import { launchBrowser } from './browser.ts'

/** A `test` with one market and one browser per file, and a tab of its own for each test. */
export const oauthBrowserTest = test
  .extend('opened', { scope: 'file' }, () =>
    Promise.all([anOAuthServer(), launchBrowser(inject('browserPath') ?? '')]),
  )
  .extend('market', { scope: 'file' }, ({ opened: [market, browser] }, { onCleanup }) => {
    onCleanup(async () => {
      await browser.close()
      await market.close()
    })
    return market
  })
  .extend('tab', ({ opened: [, browser] }) => aTab(browser))
