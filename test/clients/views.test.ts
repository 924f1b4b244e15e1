import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../support/a-market.ts'
import { aViewHost, type Shown, type ViewHost } from '../support/a-view-host.ts'
import { axeViolations } from '../support/axe.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'
import { aConnection, aMcpDoor, type McpDoor, PUBLIC_URL } from '../support/mcp.ts'
import { aModernClient, type Called, type McpClient } from '../support/mcp-clients.ts'

const program = inject('browserPath')
const SEARCH = 'northwind/module-search'
const LOOKS = [
  [800, 'light'],
  [390, 'dark'],
] as const
const OTHER_LOOKS = [
  [800, 'dark'],
  [390, 'light'],
] as const
/** A folder. When it is set, a screenshot of each view is stored there. */
const shots = process.env['SCREENSHOTS']

describe.skipIf(!program)('a view in a host', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let door: McpDoor
  let market: Market
  let client: McpClient
  let browser: Browser
  let host: ViewHost
  const html = { quote: '', operation: '', licences: '' }
  beforeAll(async () => {
    database = await aDatabase()
    market = await aMarket(database.db)
    door = await aMcpDoor({ db: database.db })
    const who = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
    const { token } = await aConnection(database.db, who)
    client = await aModernClient(door, token, { showsViews: true })
    for (const { uri } of await client.resources()) {
      const name = uri.replace('ui://packagento/', '') as keyof typeof html
      html[name] = (await client.resource(uri)).text ?? ''
    }
    browser = await launchBrowser(program ?? '')
    host = await aViewHost(browser)
  })
  afterAll(async () => {
    await browser?.close()
    await client?.close()
    await door?.close()
    await database?.close()
  })
  beforeEach(() => {
    host.errors.length = 0
  })

  const answerOf = (structuredContent: object): Called =>
    ({ content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent }) as Called
  const operation = (state: object) =>
    answerOf({ operation_id: 'op_01', story: 'purchase_and_install_package', org: 'acme-retail', ...state })

  /** Shows a view on a light desktop and on a dark phone, and checks it with axe. For screenshots also the other way round. */
  async function expectGoodLooks(name: string, shown: Shown) {
    for (const [width, theme] of [...LOOKS, ...(shots ? OTHER_LOOKS : [])] as const) {
      await host.page.setViewportSize({ width, height: 900 })
      await host.show({ ...shown, theme })
      if (shots)
        await host.page.screenshot({ path: `${shots}/${name}-${width}-${theme}.png`, fullPage: true })
      const frame = host.page.frames().at(-1)
      if (!frame) throw new Error('there is no view')
      const sideways = await frame.evaluate('document.documentElement.scrollWidth > innerWidth')
      const wrong = await axeViolations(frame, theme === 'light' ? 'all' : 'looks')
      expect([name, width, theme, sideways, wrong]).toEqual([name, width, theme, false, []])
    }
  }

  test('a quote shows each package, the total, the project and the card, and has no button that buys', async () => {
    const result = await client.call('purchase_and_install_package', {
      packages: [SEARCH, 'northwind/module-stock'],
      new_project: { name: 'New shop' },
      idempotency_key: 'a-dry-run-1',
      dry_run: true,
    })
    const { result: quote } = result.structuredContent as {
      result: { total: { text: string }; notes: string[] }
    }

    await expectGoodLooks('quote', { html: html.operation, result })

    const text = await host.view.locator('main').innerText()
    for (const part of [
      SEARCH,
      quote.total.text,
      'new-shop (new), Magento Open Source',
      'Nothing is bought yet',
    ])
      expect(text).toContain(part)
    expect(await host.view.getByRole('button').allInnerTexts()).toEqual(['Ask about this quote'])
    await host.view.getByText(`All notes (${quote.notes.length})`).click()
    expect(await host.view.locator('details li').allInnerTexts()).toEqual(quote.notes)
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
    expect(messages).toHaveLength(1)
    expect(messages[0]?.[0]?.text).toMatch(/This is not a yes to buy\.$/)
    expect([links, calls]).toEqual([[], []])
  })

  test('the licences show until when each lasts, and where it is active', async () => {
    const project = await aProject(market, { name: 'Shop of licences' })
    await aLicence(market, { package: SEARCH, project: project.id })
    await aLicence(market, { package: 'northwind/module-stock' })
    const result = await client.call('list_licences')

    await expectGoodLooks('licences', { html: html.licences, result })

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

    await expectGoodLooks('licences-ending', {
      html: html.licences,
      result: answerOf({ org: 'acme-retail', items, next_cursor: 'x' }),
    })

    const badges = await host.view.locator('td .badge').allInnerTexts()
    expect(badges).toEqual(['Ends in 12 days', 'Ended', 'Revoked', 'Active'])
  })

  const MONEY = { amount_minor: 4900, currency: 'EUR', text: '49.00 EUR' }
  const STATES = {
    running: { status: 'running', progress: 'Charging 2 of 3 vendors.', poll_after_ms: 2000 },
    waiting: {
      status: 'waiting_for_you',
      next_action: {
        type: 'open_url',
        url: `${PUBLIC_URL}/o/abc`,
        reason: 'authentication',
        expires_at: '2026-12-01T10:00:00Z',
        sign_in_as: 'buyer@example.test',
        amount: MONEY,
        vendor: 'northwind',
        already_paid: [{ vendor: 'globex', amount: MONEY }],
      },
    },
    completed: {
      status: 'completed',
      result: {
        order_id: 'ord_01',
        total: MONEY,
        project: 'prj_01',
        licences: [
          { id: 'lic_01', package: SEARCH, edition: 'open-source', outcome: 'bought', activated: true },
          {
            id: 'lic_02',
            package: 'northwind/suite',
            edition: 'open-source',
            outcome: 'renewed',
            activated: true,
            valid_until: '2027-11-29T00:00:00Z',
          },
        ],
        refused: [
          {
            vendor: 'globex',
            packages: ['globex/module-x'],
            code: 'card_declined',
            message: 'The card was declined.',
          },
        ],
        auth_json: {
          'http-basic': { 'market.example': { username: 'ppk_public', password: 'the-secret-key' } },
        },
        next_step: 'Not bought: globex/module-x; the rest is.',
      },
    },
    failed: {
      status: 'failed',
      error: {
        code: 'card_declined',
        message: 'The card was declined; nothing was charged.',
        next_step: 'Add another card.',
        retryable: false,
      },
    },
    cancelled: { status: 'cancelled' },
    published: {
      story: 'publish_package',
      status: 'completed',
      result: {
        repositories: [
          {
            repository: 'https://git.example/a/b',
            outcome: 'published',
            package: 'acme-retail/b',
            versions: [{ version: '1.0.0' }, { version: '1.1.0' }],
            skipped: [{ tag: 'nightly', reason: 'not_a_version', message: 'The tag is no version.' }],
          },
          {
            repository: 'https://git.example/a/c',
            outcome: 'refused',
            error: { code: 'no_manifest', message: 'It has no composer.json.' },
          },
        ],
      },
    },
  }

  test.for(Object.entries(STATES))('an operation that is %s looks well', async ([name, state]) => {
    await expectGoodLooks(`operation-${name}`, { html: html.operation, result: operation(state) })

    const text = await host.view.locator('main').innerText()
    expect(text).not.toMatch(/undefined|null|NaN|\[object/)
    expect(host.errors).toEqual([])
  })

  test('a view never shows the keys of a project', async () => {
    await host.show({ html: html.operation, result: operation(STATES.completed) })

    const shown = await host.view.locator('main').innerHTML()
    expect(shown).toContain(SEARCH)
    expect(shown).not.toMatch(/the-secret-key|ppk_public/)
  })

  test('a waiting operation opens our page, and no page of another host', async () => {
    await host.show({ html: html.operation, result: operation(STATES.waiting) })
    await host.view.getByRole('button', { name: 'Open the page' }).click()
    const elsewhere = { ...STATES.waiting.next_action, url: 'https://evil.example/o/abc' }
    const first = (await host.asked()).links

    await host.show({
      html: html.operation,
      result: operation({ ...STATES.waiting, next_action: elsewhere }),
    })
    await host.view.getByRole('button', { name: 'Open the page' }).click()
    await host.view.getByText('Open this address').waitFor()

    expect([first, (await host.asked()).links]).toEqual([[`${PUBLIC_URL}/o/abc`], []])
  })

  test('a host that opens no page and takes no message leaves a text that says what to do', async () => {
    await host.show({ html: html.operation, result: operation(STATES.waiting), refuses: true })
    for (const name of ['Open the page', 'I am done there'])
      await host.view.getByRole('button', { name }).click()
    await host.view.getByText('Say to your assistant').waitFor()

    const text = await host.view.locator('main').innerText()
    expect(text).toContain(`Open this address: ${PUBLIC_URL}/o/abc`)
    expect(text).toContain('I am back from the page of operation op_01')
  })

  test(
    'a running operation follows its row with the only call of a view, which reads',
    { timeout: 30_000 },
    async () => {
      await host.page.clock.install()
      await host.show({
        html: html.operation,
        result: operation(STATES.running),
        rows: [{ operation_id: 'op_01', ...STATES.running }],
      })
      await host.answer([
        { operation_id: 'op_other', status: 'failed' },
        { operation_id: 'op_01', status: 'completed' },
      ])
      await host.page.clock.runFor(5_100)
      await host.view.getByText('Done').waitFor()
      await host.page.clock.runFor(60_000)

      const { calls } = await host.asked()
      const call = { name: 'list_operations', arguments: { org: 'acme-retail', response_format: 'detailed' } }
      expect(calls).toEqual([call])
      expect(await host.view.getByRole('button').allInnerTexts()).toEqual(['Ask for the result'])
    },
  )

  test('a host that passes on no calls gets none, and the person can ask', async () => {
    await host.show({
      html: html.operation,
      result: operation(STATES.running),
      capabilities: { message: { text: {} } },
    })
    await host.view.getByRole('button', { name: 'Ask how far it is' }).click()

    expect((await host.asked()).calls).toEqual([])
    expect((await host.asked()).messages[0]?.[0]?.text).toContain('Call get_operation')
  })

  test('markup in a text of others is shown as it is written', async () => {
    const bad = '<img src=x onerror="parent.postMessage(1)"><script>1</script>'
    const row = { id: 'lic_1', package: bad, status: bad, free_slots: 1, projects: [bad] }

    await host.show({ html: html.licences, result: answerOf({ org: bad, items: [row] }) })
    const text = await host.view.locator('main').innerText()
    await host.show({
      html: html.operation,
      result: operation({ status: 'failed', error: { message: bad, next_step: bad } }),
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

    expect(refused).toContain('list_projects')
    expect(await host.view.locator('main').innerText()).toContain('The quote was cancelled.')
  })

  test('a view loads nothing, and tells the host its height', async () => {
    await host.show({ html: html.licences, result: answerOf({ org: 'acme-retail', items: [] }) })
    await expect.poll(async () => (await host.asked()).sizes.at(-1) ?? 0).toBeGreaterThan(100)

    expect([...new Set(host.requested)]).toEqual(['http://localhost:1/', 'http://127.0.0.1:1/view'])
    expect(host.errors).toEqual([])
  })
})
