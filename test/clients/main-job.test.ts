import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { isAlive } from '../../sandbox/engines/process.ts'
import { NAMESPACE } from '../../sandbox/engines/temporal.ts'
import { GIT_PASSWORD } from '../../sandbox/git/index.ts'
import { git } from '../../sandbox/git/repositories.ts'
import { aSandbox, type Sandbox } from '../support/a-sandbox.ts'
import { buyThrough, install } from '../support/a-sandbox-purchase.ts'
import { composerVersion } from '../support/composer.ts'
import { aModernClient, CLIENTS } from '../support/mcp-clients.ts'

const version = await composerVersion()
// with a space, because many folders have one
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'main job '))
const USUAL = [54329, 7233, 8233, 12111]

/** Occupies a port until `release`. Undefined for a port that the sandbox of another test has, and may free at any time. */
async function occupy(port: number): Promise<{ port: number; release: () => void } | undefined> {
  const server = net.createServer()
  const isOurs = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  return isOurs ? { port, release: () => void server.close() } : undefined
}

const portsOf = ({ where }: Sandbox) =>
  [where.database_url, `http://${where.temporal}`, where.temporal_ui, where.stripe].map((url) =>
    Number(new URL(url).port),
  )

async function expectReady({ where }: Sandbox): Promise<void> {
  expect(await (await fetch(`${where.api}/readyz`)).json()).toEqual({ status: 'ready' })
}

/** Waits, because an engine may need a moment to write its data. */
const expectGone = (pids: number[]) =>
  vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 15_000 })

/** The whole system, started by npm start with its own engines. All tests share it, and the last ones kill it. */
describe.skipIf(!inject('timeSkippingServer'))('the main job', { timeout: 60_000 }, () => {
  const data = path.join(root, 'data')
  let sandbox: Sandbox
  let token: string
  let taken: Awaited<ReturnType<typeof occupy>>[]
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // the Postgres of root runs as another user
    taken = await Promise.all(USUAL.map(occupy))
    sandbox = await aSandbox(data)
    token = await sandbox.connect('--as', 'buyer@example.test')
  })
  afterAll(async () => {
    for (const each of taken) each?.release()
    const isUp = sandbox && isAlive(sandbox.where.pid)
    if (isUp) await sandbox.interrupt()
    fs.rmSync(root, { recursive: true, force: true })
  })

  async function sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: sandbox.where.database_url })
    await client.connect()
    const { rows } = await client.query<Row>(text, values)
    await client.end()
    return rows
  }

  const simKey = () => ({ 'x-sandbox-key': sandbox.where.sim_key })

  const charges = async () => {
    const response = await fetch(`${sandbox.where.stripe}/_sim/money`, { headers: simKey() })
    const { totals } = (await response.json()) as { totals: { succeeded_charges: number } }
    return totals.succeeded_charges
  }

  async function client() {
    return aModernClient(
      { url: new URL(sandbox.where.mcp) },
      await sandbox.connect('--as', 'threeds@example.test'),
    )
  }

  test('a sandbox takes other ports when the usual ones are taken', async () => {
    const ports = portsOf(sandbox)
    expect(taken.filter((each) => each && ports.includes(each.port))).toEqual([])
    await expectReady(sandbox)
  })

  test.for([
    [
      '--as nobody@example.test',
      'nobody@example.test cannot sign in with the password of the sandbox; npm start lists who is there.',
    ],
    [
      '--as buyer@example.test --org hooli',
      'buyer@example.test belongs to no org hooli; npm start lists who belongs where.',
    ],
  ] as const)('sandbox:connect refuses %s and explains why', async ([options, sentence]) => {
    const refused = sandbox.connect(...options.split(' '))

    await expect(refused).rejects.toMatchObject({ code: 1, stderr: `${sentence}\n`, stdout: '' })
  })

  test('a sandbox goes on, and logs one line, when the database closes its idle connections', async () => {
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle' and pid <> pg_backend_pid()`)

    const log = () => fs.readFileSync(path.join(data, 'logs/api.log'), 'utf8')
    await vi.waitFor(() => expect(log()).toContain('the database closed an idle connection'))
    await expectReady(sandbox)
  })

  test.for(CLIENTS)(
    'a purchase through a client of %s makes one charge and puts files into vendor/',
    async (client, { skip }) => {
      const before = await charges()
      const bought = await buyThrough(sandbox, { client, token }, ['northwind/module-search'])
      expect((await charges()) - before).toBe(1)
      if (!version) return skip('there is no composer on the PATH')
      const has = await install(bought, root, `search by ${client[0]}`)
      expect(has('northwind/module-search/registration.php')).toBe(true)
    },
  )

  test('a purchase also installs the packages that the package requires', async ({ skip }) => {
    if (!version) return skip('there is no composer on the PATH')
    const bought = await buyThrough(sandbox, { client: CLIENTS[0], token }, ['northwind/module-stock'])
    const has = await install(bought, root, 'stock')
    expect([
      has('northwind/module-stock/registration.php'),
      has('northwind/module-core/composer.json'),
    ]).toEqual([true, true])
  })

  test('every link that npm start prints can be opened', async () => {
    const links = sandbox.printed().match(/https?:\/\/\S+/g) ?? []
    expect(links.length).toBeGreaterThanOrEqual(4)
    for (const link of new Set(links)) {
      const { status } = await fetch(link)
      expect([link, status]).toEqual([link, link.endsWith('/mcp') ? 401 : 200])
    }
    // without a namespace it shows another one, without a run of ours
    expect(new URL(sandbox.where.temporal_ui).pathname).toBe(`/namespaces/${NAMESPACE}/workflows`)
    expect(await (await fetch(`${sandbox.where.api}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${sandbox.where.api}/readyz`)).json()).toEqual({ status: 'ready' })
  })

  test('a pushed tag of a seeded repository becomes a version, and the versions of the earlier tags stay', async () => {
    const name = 'northwind/module-hello'
    const clone = path.join(root, 'hello')
    const url = `${sandbox.where.git_hosts.github.replace('://', `://northwind:${GIT_PASSWORD}@`)}/${name}.git`
    await git(['clone', '--quiet', url, clone])
    const before = (await git(['-C', clone, 'tag'])).trim().split('\n')
    await git(['-C', clone, 'tag', 'v9.0.0'])
    await git(['-C', clone, 'push', '--quiet', 'origin', 'v9.0.0'])

    const versions = async () => {
      const rows = await sql<{ tag: string; moved_to: string | null }>(
        `select v.tag, v.moved_to from versions v join packages p on p.id = v.package_id where p.name = $1`,
        [name],
      )
      return rows.map(({ tag, moved_to }) => (moved_to ? `${tag} has moved` : tag)).sort()
    }
    await expect.poll(versions, { timeout: 15_000 }).toEqual([...before, 'v9.0.0'].sort())
    expect(await sql('select tag, reason from tag_observations where reason is not null')).toEqual([])
  })

  test('a second npm start in the same folder is refused', async () => {
    const second = aSandbox(data)
    await expect(second).rejects.toThrow('already running')
    expect((await fetch(`${sandbox.where.api}/healthz`)).status).toBe(200)
  })

  test('two sandboxes run side by side, and one leaves no process when its npm is killed', async () => {
    const other = await aSandbox(path.join(root, 'other'), undefined, ['npm', 'start', '--silent'])
    await Promise.all([expectReady(sandbox), expectReady(other)])
    const parts = other.parts()

    other.signal('command', 'SIGKILL')

    await expectGone(Object.values(parts))
    await expectReady(sandbox)
  })

  test('a sandbox that was killed starts again with the same ports, engines, operations and charges', async () => {
    const before = { ports: portsOf(sandbox), charges: await charges(), ...sandbox.parts() }
    const buyer = await client()
    let result = await buyer.call('purchase_and_install_package', {
      packages: ['northwind/module-search'],
      new_project: { name: 'Shop' },
      idempotency_key: randomUUID(),
    })
    const operation_id = result.structuredContent?.operation_id
    expect(result.structuredContent?.status).toBe('waiting_for_you')
    await buyer.close()

    sandbox.signal('launcher', 'SIGKILL')
    expect(await sandbox.ended).toBe(null)
    await expect(sandbox.connect('--as', 'threeds@example.test')).rejects.toThrow('Nothing runs in')
    sandbox = await aSandbox(data, new URL(sandbox.where.api).port)

    const { Postgres, Temporal } = sandbox.parts()
    expect({ ports: portsOf(sandbox), Postgres, Temporal }).toEqual({
      ports: before.ports,
      Postgres: before.Postgres,
      Temporal: before.Temporal,
    })
    await expectGone([before.launcher, before.api, before.worker])
    expect(await charges()).toBe(before.charges)
    const again = await client()
    await again.call('cancel_operation', { operation_id })
    await vi.waitFor(async () => {
      result = await again.call('get_operation', { operation_id })
      expect(result.structuredContent?.status).toBe('cancelled')
    })
    await again.close()
  })

  test('a sandbox whose database is killed ends with one sentence and leaves no process', async () => {
    const parts = sandbox.parts()

    sandbox.signal('Postgres', 'SIGKILL')

    expect(await sandbox.ended).toBe(1)
    expect(sandbox.printed()).toContain('Postgres has ended by itself')
    expect(sandbox.printed()).not.toContain('    at ')
    await expectGone(Object.values(parts))
  })
})
