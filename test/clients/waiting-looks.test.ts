import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { aThirdVendor, GIFTS } from '../support/a-third-vendor.ts'
import { aWait, type WaitingPerson } from '../support/a-wait.ts'
import { launchBrowser } from '../support/browser.ts'
import { expectGoodLooks } from '../support/good-looks.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { LABELS, STOCK } from '../support/two-vendors.ts'

const program = inject('browserPath')
const LONG = `northwind/module-${'ofmanywords'.repeat(8)}`

describe.skipIf(!program || !timeSkippingServer)('the pages of a visit, on phones and desktops', () => {
  let shop: Shop
  let browser: Browser
  beforeAll(async () => {
    ;[shop, browser] = await Promise.all([aShop(), launchBrowser(program ?? '')])
    const search = shop.db.updateTable('packages').where('name', '=', 'northwind/module-search')
    await search.set({ name: LONG }).execute()
  })
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
  })

  /** The link of a purchase that waits for this person. */
  async function waiting(name: WaitingPerson): Promise<string> {
    const packages = [{ package: LONG, edition: 'commerce' }, 'northwind/module-stock']
    const { link } = await aWait(shop, name, { packages, new_project: { name: 'Shop', edition: 'commerce' } })
    return link
  }

  async function aVisit(link: string, name: string): Promise<Tab & { consoleMessages: string[] }> {
    const tab = await aTab(browser)
    const consoleMessages: string[] = []
    tab.page.on('console', (message) => consoleMessages.push(message.text()))
    await tab.open(link, name)
    return { ...tab, consoleMessages }
  }

  /** Waits for the page with this heading, and checks it in each size and colour scheme. */
  async function expectGoodPage({ page }: Tab, heading: string) {
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
    await expectGoodLooks(page, heading)
  }

  test(
    'all pages of a bank confirmation are usable, and so is the page for the link of another person',
    { timeout: 60_000 },
    async () => {
      const link = await waiting('threeds')
      const tara = await aVisit(link, 'threeds')
      await expectGoodPage(tara, 'Confirm the payment at your bank')
      await tara.page.goto(`${link}/return`)
      await expectGoodPage(tara, 'Waiting for the result')
      await tara.press('Confirm the payment')
      await expectGoodPage(tara, 'One more step')
      await tara.press('Open your bank')
      await tara.press('Approve')
      await expectGoodPage(tara, 'Done')

      await tara.open(await waiting('threeds'))
      await tara.press('Confirm the payment')
      await tara.press('Open your bank')
      await tara.press('Refuse')
      await expectGoodPage(tara, 'Not done')

      const bea = await aVisit(link, 'buyer')
      await expectGoodPage(bea, 'This link is for somebody else')
      expect(
        [...tara.consoleMessages, ...bea.consoleMessages].filter((text) => !text.includes('403')),
      ).toEqual([])
      await Promise.all([tara.close(), bea.close()])
    },
  )

  test(
    'the pages about payment methods are usable without a card, with a card and after its removal',
    { timeout: 60_000 },
    async () => {
      const noa = await aVisit(await waiting('nocard'), 'nocard')
      await expectGoodPage(noa, 'Add a card for Hooli')
      await noa.press('Add a card')
      await expectGoodPage(noa, 'One more step')
      await noa.open(`${shop.publicUrl}/account/payment-methods`)
      await expectGoodPage(noa, 'Payment methods')

      const bea = await aVisit(`${shop.publicUrl}/account/payment-methods`, 'buyer')
      await expectGoodPage(bea, 'Payment methods')
      await bea.press('Remove: Visa ending in 4242')
      await expectGoodPage(bea, 'Payment methods')
      expect([...noa.consoleMessages, ...bea.consoleMessages]).toEqual([])
      await Promise.all([noa.close(), bea.close()])
    },
  )

  test('without JavaScript a person buys packages of three vendors, the second payment is refused, and its package stays in the cart', async () => {
    await aThirdVendor(shop.market)
    const before = await shop.bank.money()
    // those of the tests before, whose purchases wait for ever
    const mismatches = await findLedgerMismatches(shop)
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (input.position === 2)
          await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
        return steps.chargeLine(input)
      },
    }))
    const tab = await aTab(browser, { javaScriptEnabled: false })
    const { page } = tab
    const site = shop.publicUrl
    // a purchase is waited for up to 8 s before its page is shown
    page.setDefaultTimeout(30_000)
    await tab.open(`${site}/account`, 'developer')
    await page.locator('summary', { hasText: 'Acme Retail' }).click()
    await page.getByRole('button', { name: 'Globex' }).click()
    const wanted = [GIFTS, LABELS, STOCK]
    for (const name of wanted) {
      await tab.open(`${site}/packages/${name}`)
      await page.getByRole('button', { name: `Buy ${name} for Magento Open Source` }).click()
      expect(await tab.heading()).toBe('Cart')
    }
    expect(await page.getByRole('link', { name: 'Cart 3' }).count()).toBe(1)
    await page.getByLabel('Project', { exact: true }).selectOption('new')
    await page.getByLabel('Name of the new project').fill('Three vendors')
    await tab.press('Show the price')
    expect(await page.getByRole('table', { name: 'The price' }).innerText()).toMatch(/Total\s+130\.34 EUR/)
    await tab.press('Buy for 130.34 EUR')

    await page.getByRole('heading', { name: 'Done in part', exact: true }).waitFor()
    const main = await page.getByRole('main').innerText()
    expect(main).toContain('A part of the purchase is complete')
    expect(main).toContain('Choose or add another card, then buy it again.')
    expect(main).toContain('composer require')
    shop.breaks()
    const left = shop.db.selectFrom('cart_items as i').innerJoin('packages as p', 'p.id', 'i.package_id')
    const [refused, ...others] = await left.select(['p.name', 'i.order_id']).execute()
    expect(others).toEqual([])
    expect(refused?.order_id).toBeNull()
    const price = { [GIFTS]: 1234, [LABELS]: 1900, [STOCK]: 9900 }[refused?.name ?? ''] ?? 0
    const after = await shop.bank.money()
    expect(after.totals.succeeded_charges - before.totals.succeeded_charges).toBe(2)
    expect(after.totals.net - before.totals.net).toBe(13034 - price)
    await tab.press('Show the keys')
    expect(await page.getByRole('main').innerText()).toContain('"http-basic"')
    await tab.close()
    expect(await findLedgerMismatches(shop)).toEqual(mismatches)
  })
})
