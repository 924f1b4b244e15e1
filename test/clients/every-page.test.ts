import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { openSecrets } from '#platform/secrets'
import { STYLESHEET } from '../../src/api/customer-area/style/assets.ts'
import { CODE_FONT, TEXT_FONT } from '../../src/api/customer-area/style/fonts.ts'
import { COPY_SCRIPT } from '../../src/api/customer-area/style/script.ts'
import { freePort } from '../../sandbox/engines/process.ts'
import { aMarket } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'
import { expectGoodLooks, violationsOf } from '../support/good-looks.ts'
import { namedInRoutes } from '../support/named-in-routes.ts'
import { filled, PAGES } from '../support/page-matrix.ts'

const program = inject('browserPath')
/** A page with its stylesheet and script, and all its fonts, in bytes without compression: design page "pages", section 6. */
const MOST = { markup: 60_000, fonts: 120_000 }

const shownTo = (who: 'owner' | 'stranger') =>
  PAGES.filter(
    ({ method, path, gets }) =>
      method === 'GET' && gets[who] === '200' && !/\.(?:csv|svg)$|:file$/.test(path),
  )
const ofOwner = shownTo('owner')
const ofGuest = shownTo('stranger').filter(({ path }) => /^\/(?:share|invites)\//.test(path))

describe.skipIf(!program)('every page of the customer area in a browser', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: FastifyInstance
  let browser: Browser
  let address: string
  let named: Awaited<ReturnType<typeof namedInRoutes>>
  const tabs = new Map<string, Tab>()
  beforeAll(async () => {
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    database = await aDatabase()
    const market = await aMarket(database.db)
    const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
    ;({ app } = await anApp(database.db, { publicUrl: address, secrets }))
    await app.listen({ port, host: '127.0.0.1' })
    named = await namedInRoutes(market, {
      org: 'acme-retail',
      owner: 'buyer',
      secrets,
      waitsFor: 'nocard@example.test',
    })
    browser = await launchBrowser(program ?? '')
  })
  afterAll(async () => {
    await browser?.close()
    await app?.close()
    await database?.close()
  })

  async function tabOf(name: string): Promise<Tab> {
    const known = tabs.get(name)
    if (known) return known
    const tab = await aTab(browser)
    await tab.open(`${address}/account`, name)
    await tab.page.waitForLoadState()
    tabs.set(name, tab)
    return tab
  }

  test.for([
    ...ofOwner.map((row) => ['buyer', row.route, row] as const),
    ...ofGuest.map((row) => ['nocard', row.route, row] as const),
  ])('for %s, %s is usable on phones and desktops, and small', async ([name, , row]) => {
    const tab = await tabOf(name)
    const { path, fields } = filled(row, named)

    const response = await tab.page.goto(`${address}${path}?${new URLSearchParams(fields).toString()}`)
    const markup = (await response?.body())?.length ?? 0

    expect([response?.status(), await violationsOf(tab.page)]).toEqual([200, []])
    expect(markup + Buffer.byteLength(STYLESHEET.css + COPY_SCRIPT.js)).toBeLessThan(MOST.markup)
  })

  test('with the keyboard, a person copies a command, and a refusal of the browser says what to do', async () => {
    const tab = await aTab(browser, { permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = tab
    await tab.open(`${address}/docs`)
    const block = page.locator('.code-block').filter({ hasText: 'composer require' })
    const button = block.getByRole('button', { name: 'Copy: composer require vendor/module-name' })

    await button.focus()
    await page.keyboard.press('Enter')
    await block.getByRole('status').filter({ hasText: 'Copied' }).waitFor()

    expect(await page.evaluate('navigator.clipboard.readText()')).toBe('composer require vendor/module-name')
    await button.dblclick()
    await block.getByRole('status').filter({ hasText: 'Copied' }).waitFor()
    expect(await block.getByRole('status').textContent()).toBe('Copied')
    await expectGoodLooks(page, 'docs-copied')

    await page.evaluate('navigator.clipboard.writeText = () => Promise.reject(new Error("refused"))')
    await page.getByRole('button', { name: 'Copy' }).first().click()
    await page
      .getByRole('status')
      .filter({ hasText: 'The browser did not allow it. Select the text and copy it.' })
      .waitFor()
    expect(await block.getByRole('status').textContent()).toBe('')
    await expectGoodLooks(page, 'docs-not-copied')
    await tab.close()
  })

  test('of two quick clicks, only the last one says that its text was copied', async () => {
    const tab = await aTab(browser)
    const { page } = tab
    await tab.open(`${address}/docs`)
    const answers = `window.answers = []; navigator.clipboard.writeText = () => new Promise((done) => answers.push(done))`
    await page.evaluate(answers)

    await page.getByRole('button', { name: 'Copy' }).nth(0).click()
    await page.getByRole('button', { name: 'Copy' }).nth(1).click()
    await page.evaluate('answers.forEach((done) => done())')
    await page.getByRole('status').filter({ hasText: 'Copied' }).first().waitFor()

    expect((await page.getByRole('status').allTextContents()).slice(0, 2)).toEqual(['', 'Copied'])
    await tab.close()
  })

  test('without JavaScript a command has no button', async () => {
    const tab = await aTab(browser, { javaScriptEnabled: false })
    await tab.open(`${address}/docs`)

    expect(await tab.page.locator('.code-block').count()).toBeGreaterThan(3)
    expect(await tab.page.locator('main button').count()).toBe(0)
    await tab.close()
  })

  test('no page runs a script that stands in it, and the sign-in runs none', async () => {
    const { page, close } = await aTab(browser)
    const add = (attributes: string) =>
      page.evaluate(`document.head.append(Object.assign(document.createElement('script'), ${attributes}))`)
    const blocked = (directive: string) =>
      page.waitForEvent('console', (message) => message.text().includes(directive))

    // its policy refuses the text before the element is in the page
    await page.goto(`${address}/docs`)
    await expect(add(`{ textContent: 'window.hasRun = true' }`)).rejects.toThrow("requires 'TrustedScript'")
    expect(await page.evaluate('window.hasRun')).toBeUndefined()
    for (const [path, script] of [
      ['/sign-in', `{ textContent: 'window.hasRun = true' }`],
      ['/sign-in', `{ src: '/assets/anything.js' }`],
    ] as const) {
      await page.goto(`${address}${path}`)
      await Promise.all([blocked('Content Security Policy'), add(script)])
      expect(await page.evaluate('window.hasRun')).toBeUndefined()
    }
    await close()
  })

  test('the fonts of a page are small', () => {
    expect(TEXT_FONT.file.length + CODE_FONT.file.length).toBeLessThan(MOST.fonts)
  })
})
