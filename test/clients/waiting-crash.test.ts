import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { isAlive } from '../../sandbox/engines/process.ts'
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

/** The whole system, started by npm start. Every process is killed with SIGKILL. */
describe.skipIf(!program)('an operation that waits while a process is killed', { timeout: 120_000 }, () => {
  let sandbox: Sandbox
  let browser: Browser
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // the Postgres of root runs as another user
    ;[sandbox, browser] = await Promise.all([aSandbox(data), launchBrowser(program ?? '')])
  })
  afterAll(async () => {
    const isUp = sandbox && isAlive(sandbox.where.pid)
    await Promise.all([isUp && sandbox.interrupt(), browser?.close()])
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

  const simKey = () => ({ 'x-sandbox-key': sandbox.where.sim_key })

  /** Counted by the Stripe stand-in, which keeps its journal. */
  async function charges(): Promise<number> {
    const response = await fetch(`${sandbox.where.stripe}/_sim/money`, { headers: simKey() })
    return ((await response.json()) as { totals: { succeeded_charges: number } }).totals.succeeded_charges
  }

  const until = (what: () => Promise<void>) => vi.waitFor(what, { timeout: 20_000, interval: 50 })

  const purchase = () =>
    waiting('threeds', 'purchase_and_install_package', {
      packages: ['northwind/module-search'],
      new_project: { name: `Shop ${randomUUID()}` },
      force_another: true,
    })

  /** Starts an operation that waits for its person. */
  async function waiting(name: string, tool: string, input: object): Promise<Waiting> {
    const token = await sandbox.connect('--as', `${name}@example.test`)
    const client = await aModernClient({ url: new URL(sandbox.where.mcp) }, token)
    let operation = await client.call(tool, { ...input, idempotency_key: randomUUID() })
    while (operation.structuredContent?.status === 'running') {
      const { operation_id } = operation.structuredContent
      operation = await client.call('get_operation', { operation_id, wait_ms: 10_000 })
    }
    await client.close()
    const { operation_id, next_action } = operation.structuredContent as {
      operation_id: string
      next_action: { url: string }
    }
    return { id: operation_id, link: next_action.url }
  }

  const webhooksAre = (mode: 'auto' | 'drop') =>
    fetch(`${sandbox.where.stripe}/_sim/webhooks`, {
      method: 'POST',
      body: JSON.stringify({ mode }),
      headers: simKey(),
    })

  /**
   * Opens the question of the bank. The worker is idle then, because a step that is killed with its worker is
   * tried again only after 30 s.
   */
  async function atTheBank({ id, link }: Waiting): Promise<Tab> {
    const looked = `select from operation_steps where operation_id = $1 and name like 'lookAt%' and status = 'done'`
    await until(async () => expect(await sql(looked, [id])).toHaveLength(1))
    await webhooksAre('drop') // otherwise the question itself sends a webhook
    const tab = await aTab(browser)
    await tab.open(link, 'threeds')
    await tab.press('Confirm the payment')
    await tab.press('Open your bank')
    await tab.page.getByRole('button', { name: 'Approve' }).waitFor()
    await webhooksAre('auto')
    return tab
  }

  /** Waits until the launcher has ended the other processes, and starts it again. */
  async function startAgain(): Promise<void> {
    expect(await sandbox.ended).toBe(1)
    sandbox = await aSandbox(data, new URL(sandbox.where.api).port)
  }

  test('when api, worker and ingest are killed, the next ones complete an approved purchase, another one at the next page load, and a publication once its consent comes', async () => {
    const repository = `${sandbox.where.git_hosts.gitea}/contoso/module-gifts.git`
    const publication = await waiting('newvendor', 'publish_package', { repositories: [repository] })
    const looked = `select from operation_steps where operation_id = $1 and name like 'lookForAccess%' and status = 'done'`
    await until(async () => expect(await sql(looked, [publication.id])).toHaveLength(1))
    const before = { charges: await charges(), webhooks: await webhooks() }
    const [told, untold] = [await purchase(), await purchase()]
    const [bank, tab] = [await atTheBank(told), await atTheBank(untold)]

    // the worker is paused, so that it is killed before it can see the webhook
    sandbox.signal('worker', 'SIGSTOP')
    await bank.page.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true })
    await until(async () => expect(await webhooks()).toBe(before.webhooks + 1))
    // so is the api before the second approval, which it does not learn of
    sandbox.signal('api', 'SIGSTOP')
    await tab.page.getByRole('button', { name: 'Approve' }).click({ noWaitAfter: true })
    await until(async () => expect(await charges()).toBe(before.charges + 2))
    expect([await statusOf(told), await statusOf(untold)]).toEqual(['waiting_for_you', 'waiting_for_you'])
    const { worker, api, ingest } = sandbox.parts()
    for (const pid of [worker, api, ingest]) process.kill(pid, 'SIGKILL')
    await startAgain()

    await until(async () => expect(await statusOf(told)).toBe('completed'))
    expect([await webhooks(), await statusOf(untold)]).toEqual([before.webhooks + 1, 'waiting_for_you'])
    await tab.page.goto(`${untold.link}/return`)
    await tab.page.getByRole('heading', { name: 'Done' }).waitFor()
    expect([await statusOf(untold), await charges()]).toEqual(['completed', before.charges + 2])
    await tab.close()
    await bank.close()
    expect(await statusOf(publication)).toBe('waiting_for_you')
    const consent = await aTab(browser)
    await consent.open(publication.link, 'newvendor')
    await consent.page.getByLabel('Create push hooks for me').check()
    await consent.press('Go to the Git host')
    await consent.press('Open the page of the Git host')
    await consent.page.getByLabel('You are').selectOption('contoso')
    await consent.press('Authorize')

    await until(async () => expect(await statusOf(publication)).toBe('completed'))
    const ours = `select p.name, h.id as hook, (select count(*)::int from versions v where v.package_id = p.id) as versions
      from packages p join package_hooks h on h.package_id = p.id where p.name like 'contoso/%' and h.removed_at is null`
    const published = await sql<{ hook: string }>(ours)
    expect(published).toMatchObject([{ name: 'contoso/module-gifts', versions: 3 }])
    const { hooks } = (await (
      await fetch(`${sandbox.where.git_hosts.gitea}/_sim/hooks`, { headers: simKey() })
    ).json()) as {
      hooks: { url: string }[]
    }
    expect(hooks.map(({ url }) => url.split('/').at(-1))).toEqual([published[0]?.hook])
    expect(fs.readdirSync(path.join(data, 'ingest'))).toEqual([])
    await consent.close()
  })

  test('Ctrl-C leaves no process', async () => {
    expect(await sandbox.interrupt()).toEqual({ exitCode: 0, left: [] })
  })
})
