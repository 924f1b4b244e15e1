import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, inject, test } from 'vitest'
import { SCOPES } from '#domain/orgs'
import { aMarket } from '../support/a-market.ts'
import { aTab } from '../support/a-tab.ts'
import { anApp } from '../support/an-app.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'
import { expectGoodLooks } from '../support/good-looks.ts'
import { aConnection, PUBLIC_URL } from '../support/mcp.ts'

const program = inject('browserPath')

describe.skipIf(!program)('the pages of assistants, on phones and desktops', { timeout: 120_000 }, () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: Awaited<ReturnType<typeof anApp>>['app']
  let browser: Browser
  let url: string
  beforeAll(async () => {
    database = await aDatabase('market')
    ;({ app } = await anApp(database.db, { publicUrl: PUBLIC_URL }))
    await app.listen({ host: '127.0.0.1', port: 0 })
    url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    browser = await launchBrowser(program ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await database?.close()
  })

  test('each page of assistants is usable on phones and desktops, and in both colour schemes', async () => {
    const market = await aMarket(database.db)
    const tab = await aTab(browser)
    const of = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
    await tab.open(`${url}/account/integrations`, 'buyer')
    await expectGoodLooks(tab.page, 'empty')
    const { connection } = await aConnection(database.db, { ...of, scopes: SCOPES })
    await aConnection(database.db, { ...of, scopes: ['read'] })
    await database.db
      .updateTable('connections')
      .set({
        client_name: 'W'.repeat(60),
        client_host: `${'very-long-'.repeat(6)}host.example`,
        redirect_host: '127.0.0.1',
      })
      .where('id', '=', connection)
      .execute()

    for (const [name, path] of [
      ['list', ''],
      ['connection', `/${connection}?saved=scopes`],
      ['revoke', `/${connection}/revoke`],
      ['revoke-all', '/revoke-all'],
    ] as const) {
      await tab.page.goto(`${url}/account/integrations${path}`)
      await expectGoodLooks(tab.page, name)
    }
    await tab.page.goto(`${url}/pickup/${'A'.repeat(43)}`)
    await expectGoodLooks(tab.page, 'pickup')
  })
})
