import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { aSandbox, type Sandbox } from '../support/a-sandbox.ts'
import { aTab, type Tab } from '../support/a-tab.ts'
import { launchBrowser } from '../support/browser.ts'
import { aModernClient } from '../support/mcp-clients.ts'

const program = inject('browserPath')
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'crash '))
const data = path.join(root, 'data')

interface Waiting {
  id: string
  link: string
}

/** The whole system as a person starts it; what is killed is killed with SIGKILL. */
describe.skipIf(!program)('a purchase that waits while a process is killed', { timeout: 60_000 }, () => {
  let sandbox: Sandbox
  let browser: Browser
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // root's Postgres runs as somebody else
    ;[sandbox, browser] = await Promise.all([aSandbox(data), launchBrowser(program ?? '')])
  })
  afterAll(async () => {
    await Promise.all([sandbox?.interrupt(), browser?.close()])
    fs.rmSync(root, { recursive: true, force: true })
  })

  async function sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: sandbox.where.database_url })
    await client.connect()
    try {
      return (await client.query<Row>(text, values)).rows
    } finally {
      await client.end()
    }
  }
  const statusOf = async ({ id }: Waiting) =>
    (await sql<{ status: string }>('select status from operations where id = $1', [id]))[0]?.status
  const webhooks = async () =>
    (await sql(`select id from stripe_events where type = 'payment_intent.succeeded'`)).length

  /** At the stand-in, which keeps its journal. */
  async function charges(): Promise<number> {
    const answer = await fetch(`${sandbox.where.stripe}/_sim/money`)
    return ((await answer.json()) as { totals: { succeeded_charges: number } }).totals.succeeded_charges
  }

  const until = (what: () => Promise<void>) => vi.waitFor(what, { timeout: 20_000, interval: 50 })

  async function waiting(): Promise<Waiting> {
    const token = await sandbox.connect('--as', 'threeds@example.test')
    const client = await aModernClient({ url: new URL(sandbox.where.mcp) }, token)
    let told = await client.call('purchase_and_install_package', {
      packages: ['northwind/module-search'],
      new_project: { name: `Shop ${randomUUID()}` },
      idempotency_key: randomUUID(),
    })
    while (told.structuredContent?.status === 'running') {
      const { operation_id } = told.structuredContent
      told = await client.call('get_operation', { operation_id, wait_ms: 10_000 })
    }
    await client.close()
    const { operation_id, next_action } = told.structuredContent as {
      operation_id: string
      next_action: { url: string }
    }
    return { id: operation_id, link: next_action.url }
  }

  const webhooksAre = (mode: 'auto' | 'drop') =>
    fetch(`${sandbox.where.stripe}/_sim/webhooks`, { method: 'POST', body: JSON.stringify({ mode }) })

  /** Up to the bank's question, with an idle worker: a step that dies with it is tried again only after 30 s. */
  async function atTheBank({ id, link }: Waiting): Promise<Tab> {
    const looked = `select from operation_steps where operation_id = $1 and name like 'lookAt%' and status = 'done'`
    await until(async () => expect(await sql(looked, [id])).toHaveLength(1))
    await webhooksAre('drop') // else the question itself is news
    const tab = await aTab(browser)
    await tab.open(link, 'threeds')
    await tab.press('Go on to your bank')
    await tab.press('Open your bank')
    await tab.page.getByRole('button', { name: 'Approve' }).waitFor()
    await webhooksAre('auto')
    return tab
  }

  /** The launcher ends all that is left, as it does when a part of it ends; then it is started again. */
  async function startsAgain(): Promise<void> {
    expect(await sandbox.ended).toBe(1)
    sandbox = await aSandbox(data, new URL(sandbox.where.api).port)
  }

  test('the worker, between the approval and its news: the next one completes it, one charge', async () => {
    const before = { charges: await charges(), webhooks: await webhooks() }
    const purchase = await waiting()
    const tab = await atTheBank(purchase)

    // it stands still, so that it is killed before it could see anything
    sandbox.signal('worker', 'SIGSTOP')
    await tab.page.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true })
    await until(async () => expect(await webhooks()).toBe(before.webhooks + 1))
    expect(await statusOf(purchase)).toBe('waiting_for_you')
    sandbox.signal('worker', 'SIGKILL')
    await startsAgain()

    await until(async () => expect(await statusOf(purchase)).toBe('completed'))
    expect((await charges()) - before.charges).toBe(1)
    await tab.close()
  })

  test('the api, before it hears anything: who loads the page again completes it, one charge', async () => {
    const before = { charges: await charges(), webhooks: await webhooks() }
    const purchase = await waiting()
    const tab = await atTheBank(purchase)

    sandbox.signal('api', 'SIGSTOP')
    await tab.page.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true })
    await until(async () => expect(await charges()).toBe(before.charges + 1))
    sandbox.signal('api', 'SIGKILL')
    await startsAgain()
    expect([await webhooks(), await statusOf(purchase)]).toEqual([before.webhooks, 'waiting_for_you'])

    await tab.page.goto(`${purchase.link}/return`)
    await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    expect([await statusOf(purchase), await charges()]).toEqual(['completed', before.charges + 1])
    await tab.close()
  })
})
