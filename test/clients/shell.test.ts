import type { FastifyInstance } from 'fastify'
import type { Browser, BrowserContextOptions, ConsoleMessage } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../sandbox/engines/process.ts'
import { aFollowedTags } from '../support/a-followed-tags.ts'
import { aFullCart } from '../support/a-full-cart.ts'
import { aMarket } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { aGitIntegration } from '../support/git.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'
import { expectGoodLooks } from '../support/good-looks.ts'

const program = inject('browserPath')

describe.skipIf(!program)('the pages in a browser', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: FastifyInstance
  let browser: Browser
  let address: string
  let integration: string
  let followed: string
  let dev: string
  let licence: string
  let visitor: Tab
  let bea: Tab
  beforeAll(async () => {
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    database = await aDatabase('market')
    const market = await aMarket(database.db)
    const of = { org: market.org('acme-retail'), customer: market.person('buyer') }
    integration = await aGitIntegration(database.db, of)
    dev = market.person('developer')
    followed = market.package('northwind/module-search')
    await aFollowedTags(market, 'northwind/module-search')
    licence = await aFullCart(market)
    ;({ app } = await anApp(database.db, { publicUrl: address }))
    await app.listen({ port, host: '127.0.0.1' })
    browser = await launchBrowser(program ?? '')
    ;[visitor, bea] = await Promise.all([aTab(browser), aPerson()])
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await database?.close()
  })

  async function aPerson(looks?: BrowserContextOptions, name = 'buyer') {
    const tab = await aTab(browser, looks)
    await tab.open(`${address}/account`, name)
    await tab.page.waitForLoadState()
    return tab
  }

  test.for([
    '/',
    '/?q=nothing-like-this',
    '/packages/northwind/module-search',
    '/sign-in?continue=/account',
    '/packages/northwind/module-search/versions/1.1.0',
    '/docs',
    '/docs/connecting',
    '/docs/composer',
    '/status',
    '/terms',
    '/privacy',
    '/vendor-terms',
    '/log',
    '/_components',
    '/nothing/here',
  ])('the page %s is usable on phones and desktops, in light and dark', async (url) => {
    const blocked: string[] = []
    const note = (message: ConsoleMessage) => void blocked.push(message.text())
    visitor.page.on('console', note)
    await visitor.open(`${address}${url}`)

    await expectGoodLooks(visitor.page)

    visitor.page.off('console', note)
    expect(blocked.filter((text) => !text.includes('404'))).toEqual([])
  })

  test('the page that asks before a Git host is disconnected is usable on phones and desktops', async () => {
    await bea.open(`${address}/account/git/${integration}/disconnect`)

    expect(await bea.heading()).toBe('Disconnect acme at git.example?')
    await expectGoodLooks(bea.page)
  })

  test('the list of repositories and the form that publishes them are usable on phones and desktops, also after a mistake', async () => {
    await bea.open(`${address}/account/git/${integration}/repositories`)
    expect(await bea.heading()).toBe('Repositories of acme')
    await expectGoodLooks(bea.page)

    const tab = await aPerson({}, 'vendor')
    await tab.open(`${address}/account/vendor/publish?repository=nowhere`)
    await tab.page.getByRole('button', { name: 'Publish' }).click()

    expect(await tab.heading()).toBe('Publish packages')
    expect(await tab.page.locator('main .error').count()).toBe(1)
    await expectGoodLooks(tab.page)
    await tab.close()
  })

  test('the page on which a vendor changes a package is usable on phones and desktops', async () => {
    const tab = await aPerson({}, 'vendor')
    await tab.open(`${address}/account/vendor/packages/${followed}`)

    expect(await tab.heading()).toBe('Northwind Search')
    await expectGoodLooks(tab.page)
    await tab.close()
  })

  test('the vendor page, and the form of an application with a mistake, are usable on phones and desktops', async () => {
    await bea.open(`${address}/account/vendor`)
    await expectGoodLooks(bea.page)

    await bea.open(`${address}/account/vendor/apply`)
    for (const name of ['slug', 'name', 'website'])
      await bea.page.locator(`[name=${name}]`).fill('https://acme.example')
    await bea.page.getByRole('button', { name: 'Send the application' }).click()

    expect(await bea.heading()).toBe('Apply as a vendor')
    expect(await bea.page.locator('[role=alert]').count()).toBe(1)
    await expectGoodLooks(bea.page)
  })

  test('the pages of a team, of a member and of an org are usable on phones and desktops, also after a mistake', async () => {
    await bea.open(`${address}/account/team`)
    await bea.page.locator('main [name=email]').fill('billing@example.test')
    await bea.page.getByRole('button', { name: 'Send the invite' }).click()
    expect(await bea.page.locator('main .error').count()).toBe(1)
    await expectGoodLooks(bea.page)

    const member = `${address}/account/team/members/${dev}`
    for (const url of [member, `${member}/remove`]) {
      await bea.open(url)
      await expectGoodLooks(bea.page)
    }
  })

  test.for([
    '/account/cart',
    '/account/cart?project=new',
    '/account/licences',
    '/account/orders',
    '/account/billing',
    '/account/payment-methods',
    '/account/git',
    '/account/operations',
    '/account/orgs/new',
    '/account/team/settings',
    '/account/team/settings/transfer',
    '/account/team/settings/delete',
    '/',
    '/account/nothing',
  ])('the page %s of a signed-in person is usable on phones and desktops, in light and dark', async (url) => {
    await bea.open(`${address}${url}`)

    await expectGoodLooks(bea.page)
  })

  test('the pages of a licence, of its renewal and of a package to buy are usable on phones and desktops', async () => {
    for (const path of [
      `/account/licences/${licence}`,
      `/account/licences/${licence}/renew?project=to-renew`,
      `/account/licences/${licence}/move?from=to-renew`,
      '/packages/northwind/module-search',
    ]) {
      await bea.open(`${address}${path}`)
      await expectGoodLooks(bea.page)
    }
  })

  test('the menus of a signed-in person are usable when they are open', async () => {
    await bea.open(`${address}/account`)

    for (const menu of ['Acme Retail', 'Bea Buyer']) {
      await bea.page.locator('summary', { hasText: menu }).click()
      await expectGoodLooks(bea.page)
    }
  })

  test('a page uses our own fonts', async () => {
    const tab = await aTab(browser)
    await tab.open(`${address}/packages/northwind/module-search`)

    const loaded = `document.fonts.ready.then((fonts) =>
      [...fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family.replaceAll('"', '')).sort())`

    expect(await tab.page.evaluate(loaded)).toEqual(
      expect.arrayContaining(['Inter Variable', 'JetBrains Mono Variable']),
    )
    await tab.close()
  })

  test('with the keyboard alone and without JavaScript, a person skips to the content and chooses another org', async () => {
    const { page, close } = await aPerson({ javaScriptEnabled: false })
    const focused = () => page.evaluate('document.activeElement.textContent.trim().replaceAll(/\\s+/g, " ")')
    const tabTo = async (text: string) => {
      for (let i = 0; i < 20 && !String(await focused()).startsWith(text); i++)
        await page.keyboard.press('Tab')
      expect(await focused()).toMatch(new RegExp(`^${text}`))
    }
    const outline = () => page.evaluate('getComputedStyle(document.activeElement).outlineStyle')

    await page.keyboard.press('Tab')
    expect([await focused(), await outline()]).toEqual(['Skip to the content', 'solid'])
    expect(await page.evaluate('document.activeElement.getBoundingClientRect().top >= 0')).toBe(true)
    await page.keyboard.press('Enter')
    expect(await page.evaluate('document.activeElement.id')).toBe('main')

    await page.goto(`${address}/account`)
    await tabTo('Org')
    expect(await outline()).toBe('solid')
    await page.keyboard.press('Enter')
    await tabTo('Globex')
    await page.keyboard.press('Enter')

    await page.getByRole('heading', { name: 'Globex', level: 1 }).waitFor()
    await close()
  })

  test('a printed page shows no menus, links of the area or buttons', async () => {
    const { page, close } = await aPerson()
    await page.goto(`${address}/account/payment-methods`)
    await page.emulateMedia({ media: 'print' })

    expect(await page.getByRole('heading', { level: 1 }).isVisible()).toBe(true)
    for (const hidden of ['.side', '.top nav', '.crumbs', 'main button'])
      expect([hidden, await page.locator(hidden).first().isVisible()]).toEqual([hidden, false])
    await close()
  })
})
