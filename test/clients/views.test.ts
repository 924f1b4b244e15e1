import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { aLicence, aProject, type Market } from '../support/a-market.ts'
import { A_DOUBTFUL_QUOTE, anOperation, answerOf, OPERATION_STATES } from '../support/shown-operations.ts'
import { aViewHost, expectGoodView, type ViewHost } from '../support/a-view-host.ts'
import { launchBrowser } from '../support/browser.ts'
import { PUBLIC_URL } from '../support/mcp.ts'
import type { McpClient } from '../support/mcp-clients.ts'
import { someViews } from '../support/some-views.ts'

const program = inject('browserPath')
const SEARCH = 'northwind/module-search'
describe.skipIf(!program)('a view in a host', () => {
  let browser: Browser
  let host: ViewHost
  let market: Market
  let client: McpClient
  let html: Awaited<ReturnType<typeof someViews>>['html']
  let close: () => Promise<void>
  beforeAll(async () => {
    ;({ market, client, html, close } = await someViews())
    browser = await launchBrowser(program ?? '')
    host = await aViewHost(browser)
  })
  afterAll(async () => {
    await browser?.close()
    await close?.()
  })

  test('a quote shows each package, the total, the project and the card, and has no button that buys', async () => {
    const result = await client.call('purchase_and_install_package', {
      packages: [SEARCH, 'northwind/module-stock'],
      new_project: { name: 'New shop' },
      idempotency_key: 'a-dry-run-1',
      dry_run: true,
    })
    const { result: quote } = result.structuredContent as { result: { total: { text: string } } }

    await expectGoodView(host, 'quote', { html: html.operation, result })

    const text = await host.view.locator('main').innerText()
    for (const part of [
      SEARCH,
      quote.total.text,
      'new-shop (new), Magento Open Source',
      'Nothing is bought yet',
    ])
      expect(text).toContain(part)
    expect(await host.view.getByRole('button').allInnerTexts()).toEqual(['Ask about this quote'])
  })

  test('a quote shows each reason not to buy', async () => {
    await expectGoodView(host, 'quote-warnings', { html: html.quote, result: answerOf(A_DOUBTFUL_QUOTE) })

    expect(await host.view.locator('.notice-title').allInnerTexts()).toEqual([
      'Your assistant may not spend this',
      'The org has no card',
      'A package is for another edition',
      'More is needed to install this',
    ])
  })

  test('a card is shown as on the pages', async () => {
    const result = answerOf({ ...A_DOUBTFUL_QUOTE, card: 'american_express 4242' })
    await host.show({ html: html.quote, result })

    expect(await host.view.locator('dl').innerText()).toContain('American express ···· 4242')
  })

  test('the quote of a cart is the same view by itself', async () => {
    await client.call('add_to_cart', { packages: [SEARCH] })
    const result = await client.call('quote_cart')

    await host.show({ html: html.quote, result })

    expect(await host.view.getByRole('heading', { level: 1 }).innerText()).toBe('Quote for acme-retail')
    expect(await host.view.getByRole('row', { name: SEARCH }).innerText()).toContain('New licence')
  })

  test('a question of the view is a question, and never a yes to buy', async () => {
    await host.show({ html: html.quote, result: await client.call('quote_cart') })
    await host.view.getByRole('button').click()

    const { messages, links, calls } = await host.asked()
    expect([messages.length, links, calls]).toEqual([1, [], []])
    expect(messages[0]?.[0]?.text).toMatch(/This is not a yes to buy\.$/)
  })

  test('the licences show until when each lasts, and where it is active', async () => {
    const project = await aProject(market, { name: 'Shop of licences' })
    await aLicence(market, { package: SEARCH, project: project.id })
    await aLicence(market, { package: 'northwind/module-stock' })
    const result = await client.call('list_licences')

    await expectGoodView(host, 'licences', { html: html.licences, result })

    const text = await host.view.locator('main').innerText()
    for (const part of [SEARCH, 'On shop-of-licences', 'On no project', 'Active'])
      expect(text).toContain(part)
  })

  test.for([
    ['empty', { org: 'acme-retail', items: [] }, 'There is no licence to show.'],
    ['csv', { org: 'acme-retail', csv: 'id,package\n' }, 'The licences were asked for as CSV'],
  ] as const)('a list of licences that is %s says so', async ([, list, says]) => {
    await host.show({ html: html.licences, result: answerOf(list) })

    expect(await host.view.locator('main').innerText()).toContain(says)
  })

  test('a licence that ends soon or has ended is marked with its days', async () => {
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 - 60_000).toISOString()
    const row = (name: string, status: string, until: string) => ({
      id: name,
      package: `northwind/${name}`,
      status,
      valid_until: until,
      free_slots: 0,
      projects: ['shop'],
    })
    const items = [
      row('soon', 'active', inDays(12)),
      row('over', 'active', inDays(-3)),
      row('gone', 'revoked', inDays(90)),
      row('later', 'active', inDays(200)),
    ]

    await expectGoodView(host, 'licences-ending', {
      html: html.licences,
      result: answerOf({ org: 'acme-retail', items, next_cursor: 'x' }),
    })

    const badges = await host.view.locator('td .badge').allInnerTexts()
    expect(badges).toEqual(['Ends in 12 days', 'Ended', 'Revoked', 'Active'])
  })

  test.for(Object.entries(OPERATION_STATES))('an operation that is %s looks well', async ([name, state]) => {
    await expectGoodView(host, `operation-${name}`, { html: html.operation, result: anOperation(state) })

    const text = await host.view.locator('main').innerText()
    expect(text).not.toMatch(/undefined|null|NaN|\[object/)
    expect(host.errors).toEqual([])
  })

  test('a view never shows the keys of a project', async () => {
    await host.show({ html: html.operation, result: anOperation(OPERATION_STATES.completed) })

    const shown = await host.view.locator('main').innerHTML()
    expect(shown).toContain(SEARCH)
    expect(shown).not.toMatch(/the-secret-key|ppk_public/)
  })

  test.for(['completed', 'failed'] as const)(
    'what a model is told to do next after an operation that is %s is not shown',
    async (name) => {
      const state = OPERATION_STATES[name]
      const told = 'error' in state ? state.error.next_step : state.result.next_step
      await host.show({ html: html.operation, result: anOperation(state) })

      expect(told).toContain('idempotency_key')
      expect(await host.view.locator('main').innerText()).not.toContain('idempotency_key')
    },
  )

  test('a waiting operation opens our page, and no page of another host', async () => {
    await host.show({ html: html.operation, result: anOperation(OPERATION_STATES.waiting) })
    await host.view.getByRole('button', { name: 'Open the page' }).click()
    const elsewhere = { ...OPERATION_STATES.waiting.next_action, url: 'https://evil.example/o/abc' }
    const first = (await host.asked()).links

    await host.show({
      html: html.operation,
      result: anOperation({ ...OPERATION_STATES.waiting, next_action: elsewhere }),
    })
    await host.view.getByRole('button', { name: 'Open the page' }).click()
    await host.view.getByText('Open this address').waitFor()

    expect([first, (await host.asked()).links]).toEqual([[`${PUBLIC_URL}/o/abc`], []])
  })

  test('a host that opens no page and takes no message leaves a text that says what to do', async () => {
    await host.show({ html: html.operation, result: anOperation(OPERATION_STATES.waiting), refuses: true })
    for (const name of ['Open the page', 'I am done there'])
      await host.view.getByRole('button', { name }).click()
    await host.view.getByText('Say to your assistant').waitFor()

    const text = await host.view.locator('main').innerText()
    expect(text).toContain(`Open this address: ${PUBLIC_URL}/o/abc`)
    expect(text).toContain('I am back from the page of operation op_01')
  })

  test('a host that passes on no calls gets none, and the person can ask', async () => {
    await host.show({
      html: html.operation,
      result: anOperation(OPERATION_STATES.running),
      capabilities: { message: { text: {} } },
    })
    await host.view.getByRole('button', { name: 'Ask how far it is' }).click()

    const { calls, messages } = await host.asked()
    expect(calls).toEqual([])
    expect(messages[0]?.[0]?.text).toBe('How far is operation op_01?')
  })

  test('markup in a text of others is shown as it is written', async () => {
    const bad = '<img src=x onerror="parent.postMessage(1)"><script>1</script>'
    const row = { id: 'lic_1', package: bad, status: bad, free_slots: 1, projects: [bad] }

    await host.show({ html: html.licences, result: answerOf({ org: bad, items: [row] }) })
    const text = await host.view.locator('main').innerText()
    await host.show({
      html: html.operation,
      result: anOperation({ status: 'failed', error: { message: bad, next_step: bad } }),
    })

    expect(text.split(bad).length).toBeGreaterThan(3)
    expect(await host.view.locator('main img, main script').count()).toBe(0)
    expect(host.errors).toEqual([])
  })

  test('a refusal and a cancelled call are shown in words', async () => {
    await host.show({
      html: html.quote,
      result: await client.call('quote_cart', { project: 'no-such-project' }),
    })
    const refused = await host.view.locator('main').innerText()
    await host.show({ html: html.quote, cancelled: true })

    expect(refused).toContain('Ask your assistant what to do next.')
    expect(refused).not.toContain('list_projects')
    expect(await host.view.locator('main').innerText()).toContain('The quote was cancelled.')
  })

  test('a view loads nothing, and tells the host its height', async () => {
    await host.show({ html: html.licences, result: answerOf({ org: 'acme-retail', items: [] }) })
    await expect.poll(async () => (await host.asked()).sizes.at(-1) ?? 0).toBeGreaterThan(100)

    expect([...new Set(host.requested)]).toEqual(['http://localhost:1/', 'http://127.0.0.1:1/view'])
    expect(host.errors).toEqual([])
  })
})
