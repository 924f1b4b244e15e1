import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { readOperation } from '#domain/operations'
import { aShop, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { aWait } from '../support/a-wait.ts'
import { launchBrowser } from '../support/browser.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

const program = inject('browserPath')
const canRun = Boolean(program && timeSkippingServer)
const PACKAGE = 'northwind/module-search'

const mcpCalls = (shop: Shop) => shop.logged().match(/"route":"\/mcp"/g)?.length ?? 0
const charges = async (shop: Shop) => (await shop.bank.money()).totals.succeeded_charges

async function typeCard({ page }: Tab, number = '4242424242424242') {
  await page.getByLabel('Card number').fill(number)
  await page.getByLabel('Expiry').fill('12/34')
  await page.getByLabel('Security code').fill('123')
  await page.getByRole('button', { name: 'Save card' }).click()
}

describe.skipIf(!canRun)('a person whose assistant waits for them', () => {
  let shop: Shop
  let browser: Browser
  beforeAll(async () => {
    ;[shop, browser] = await Promise.all([aShop(), launchBrowser(program ?? '')])
  })
  afterEach(async () => {
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
  })

  test('a person signs in, sees the offer and confirms at the bank, and the purchase completes by itself', async () => {
    const before = await charges(shop)
    const purchase = await aWait(shop, 'threeds')
    const callsBefore = mcpCalls(shop)
    const tab = await aTab(browser)

    expect(await tab.open(purchase.link, 'threeds')).toBe(200)
    expect(await tab.heading()).toBe('Confirm the payment at your bank')
    const offer = await tab.page.getByRole('table', { name: 'The purchase for Initech' }).innerText()
    expect(offer.split(/\s+/).join(' ')).toContain(`${PACKAGE} Magento Open Source 49.00 EUR Total 49.00 EUR`)
    await tab.press('Confirm the payment')
    await tab.press('Open your bank')
    expect(await tab.page.getByText('49.00 EUR').count()).toBe(1)
    await tab.press('Approve')

    expect(await purchase.over()).toMatchObject({ status: 'completed' })
    await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    expect(tab.page.url()).toBe(purchase.link)
    expect(mcpCalls(shop)).toBe(callsBefore)
    expect((await charges(shop)) - before).toBe(1)
    await tab.close()
  })

  test('when a person refuses at the bank, nothing is charged and no operation stays open', async () => {
    const before = await shop.bank.money()
    const purchase = await aWait(shop, 'threeds')
    const tab = await aTab(browser)

    await tab.open(purchase.link, 'threeds')
    await tab.press('Confirm the payment')
    await tab.press('Open your bank')
    await tab.press('Refuse')

    const { status, error } = await purchase.over()
    expect([status, error?.code]).toEqual(['failed', 'authentication_refused'])
    await tab.page.getByRole('heading', { name: 'Not done' }).waitFor()
    expect(await tab.page.getByRole('main').innerText()).toContain('nothing was charged')
    const { totals } = await shop.bank.money()
    expect([totals.net, totals.open_intents]).toEqual([before.totals.net, 0])
    await tab.close()
  })

  test('a person saves a card on the page of the provider, and every purchase that waits for a card completes', async () => {
    const before = await charges(shop)
    const [first, second] = [await aWait(shop, 'nocard'), await aWait(shop, 'nocard')]
    const callsBefore = mcpCalls(shop)
    const tab = await aTab(browser)

    expect(await tab.open(first.link, 'nocard')).toBe(200)
    expect(await tab.heading()).toBe('Add a card for Hooli')
    await tab.press('Add a card')
    await tab.press('Open the card page')
    expect(new URL(tab.page.url()).origin).toBe(shop.bank.url)
    await typeCard(tab)

    expect(await first.over()).toMatchObject({ status: 'completed' })
    expect(await second.over()).toMatchObject({ status: 'completed' })
    await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    expect(mcpCalls(shop)).toBe(callsBefore)
    expect((await charges(shop)) - before).toBe(2)
    await tab.close()
  })

  test('only the person to whom the link belongs can open it', async () => {
    const purchase = await aWait(shop, 'threeds')
    const [owner, other] = [await aTab(browser), await aTab(browser)]

    expect(await other.open(purchase.link, 'buyer')).toBe(403)
    expect(await other.heading()).toBe('This link is for somebody else')
    expect(await other.page.getByRole('main').innerText()).not.toMatch(/northwind|initech|49/)
    expect(await other.page.getByRole('button').allInnerTexts()).toEqual([])

    await owner.open(purchase.link, 'threeds')
    await owner.press('Confirm the payment')
    await owner.press('Open your bank')
    await owner.press('Refuse')
    await purchase.over()
    expect(await other.open(purchase.link)).toBe(403)
    await Promise.all([owner.close(), other.close()])
  })

  test('when a person opens the link twice, one tab confirms and the other shows that the purchase is over', async () => {
    const before = await charges(shop)
    const purchase = await aWait(shop, 'threeds')
    const one = await aTab(browser)
    await one.open(purchase.link, 'threeds')
    const two = await one.another()
    await two.open(purchase.link)
    const late = await one.another()
    await late.open(purchase.link)

    for (const tab of [one, two]) {
      await tab.press('Confirm the payment')
      await tab.press('Open your bank')
    }
    expect(two.page.url()).toBe(one.page.url())
    await two.press('Approve')
    await purchase.over()
    await one.press('Approve')
    expect(await one.heading()).toBe('Nothing to answer')
    await one.press('Go back to Packagento')
    await one.page.getByRole('heading', { name: 'Done' }).waitFor()
    await late.press('Confirm the payment')
    await late.page.getByRole('heading', { name: 'Done' }).waitFor()

    expect(await late.page.getByRole('main').getByRole('button').count()).toBe(0)
    expect((await charges(shop)) - before).toBe(1)
    await one.close()
  })

  test('a person can leave the card page without a card, return to it, and save a card that requires authentication', async () => {
    const card = await aWait(shop, 'nocard', 'a card')
    const tab = await aTab(browser)

    await tab.open(card.link, 'nocard')
    await tab.press('Add a card')
    await tab.press('Open the card page')
    await tab.press('Back')
    expect(await tab.heading()).toBe('Add a card for Hooli')
    await tab.press('Add a card')
    await tab.press('Open the card page')
    await typeCard(tab, '4000002500003155')
    await tab.press('Approve')

    await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    expect(await card.over()).toMatchObject({
      status: 'completed',
      result: { payment_method: { brand: 'visa', last4: '3155' } },
    })
    await tab.close()
  })
})

describe.skipIf(!canRun)('a person who approves and never comes back, while all webhooks are lost', () => {
  let shop: Shop
  let browser: Browser
  beforeAll(async () => {
    ;[shop, browser] = await Promise.all([aShop({ skipsWaits: true }), launchBrowser(program ?? '')])
  })
  afterAll(async () => {
    await browser?.close()
    await shop?.close()
  })

  test('a purchase completes after the approval when the person never returns and all webhooks are lost', async () => {
    await shop.bank.sim('webhooks', { mode: 'drop' })
    const approved = Promise.withResolvers<void>()
    onTestFinished(() => approved.resolve())
    let looks = 0
    // the clock stands still while a step runs, so the second look waits until the person has been at the bank
    shop.breaks((activities) => ({
      ...activities,
      async lookAtPayment(input) {
        if (++looks > 1) await approved.promise
        return activities.lookAtPayment(input)
      },
    }))
    const purchase = await aWait(shop, 'threeds')
    const tab = await aTab(browser)

    // the bank receives the approval, and the person never gets the response
    await tab.page.route(`${shop.bank.url}/3ds/**`, async (route) => {
      if (route.request().method() === 'GET') return route.continue()
      // the form is of the bank's own page, and the copy of the request loses the header that says so
      const headers = { ...route.request().headers(), 'sec-fetch-site': 'same-origin' }
      await route.fetch({ maxRedirects: 0, headers })
      return route.abort()
    })

    await tab.open(purchase.link, 'threeds')
    await tab.press('Confirm the payment')
    await tab.press('Open your bank')
    const lost = tab.page.waitForEvent('requestfailed')
    await tab.press('Approve')
    await lost
    await tab.close()
    expect(await readOperation(shop.db, purchase.id)).toMatchObject({ status: 'waiting_for_you' })
    approved.resolve()

    const { status, finishedAt, createdAt } = await purchase.over()
    expect(status).toBe('completed')
    expect(finishedAt!.getTime() - createdAt.getTime()).toBeGreaterThanOrEqual(60_000)
    const events = shop.db.selectFrom('stripe_events').where('type', 'like', 'payment_intent.%')
    expect(await events.select('id').execute()).toEqual([])
    expect(shop.logged()).not.toContain('/o/:link/return')
    expect(await findLedgerMismatches(shop)).toEqual([])
    expect(await charges(shop)).toBe(1)
  })
})
