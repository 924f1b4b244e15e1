import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { isAlive } from '../../sandbox/engines/process.ts'
import { aSandbox, type Sandbox } from '../support/a-sandbox.ts'
import { aModernClient } from '../support/mcp-clients.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'rough '))
const USUAL = [54329, 7233, 8233, 12111]

/** Takes a port until the end; who else has it already does so as well. */
async function taken(port: number): Promise<() => void> {
  const server = net.createServer()
  await new Promise<void>((resolve) => {
    server.once('error', () => resolve())
    server.listen(port, '127.0.0.1', resolve)
  })
  return () => void server.close()
}

const portsOf = ({ where }: Sandbox) =>
  [where.database_url, `http://${where.temporal}`, where.temporal_ui, where.stripe].map((url) =>
    Number(new URL(url).port),
  )

async function serves({ where }: Sandbox): Promise<void> {
  expect(await (await fetch(`${where.api}/readyz`)).json()).toEqual({ status: 'ready' })
}

/** An engine may take a moment to write down what it has. */
const expectGone = (pids: number[]) =>
  vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 15_000 })

/** One sandbox for all, roughly handled in turn. */
describe.skipIf(!inject('timeSkippingServer'))('a sandbox', { timeout: 60_000 }, () => {
  const data = path.join(root, 'data')
  let sandbox: Sandbox
  let free: Array<() => void>
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // root's Postgres runs as somebody else
    free = await Promise.all(USUAL.map(taken))
    sandbox = await aSandbox(data)
  })
  afterAll(async () => {
    for (const leave of free) leave()
    const isUp = sandbox && isAlive(sandbox.where.pid)
    if (isUp) await sandbox.interrupt()
    fs.rmSync(root, { recursive: true, force: true })
  })

  async function sql(text: string): Promise<void> {
    const client = new pg.Client({ connectionString: sandbox.where.database_url })
    await client.connect()
    await client.query(text)
    await client.end()
  }

  async function client() {
    const token = await sandbox.connect('--as', 'threeds@example.test')
    return aModernClient({ url: new URL(sandbox.where.mcp) }, token)
  }

  test('finds other ports when the usual ones are taken', async () => {
    expect(portsOf(sandbox).filter((port) => USUAL.includes(port))).toEqual([])
    await serves(sandbox)
  })

  test.for([
    ['--as nobody@example.test', 'There is no person nobody@example.test; npm start lists who is there.'],
    [
      '--as buyer@example.test --org hooli',
      'buyer@example.test belongs to no org hooli; npm start lists who belongs where.',
    ],
  ] as const)('connects nobody by %s, and says why', async ([options, sentence]) => {
    const refused = sandbox.connect(...options.split(' '))

    await expect(refused).rejects.toMatchObject({ code: 1, stderr: `${sentence}\n`, stdout: '' })
  })

  test('serves on, and says one line, when the database closes its idle connections', async () => {
    await sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and state = 'idle' and pid <> pg_backend_pid()`)

    const log = () => fs.readFileSync(path.join(data, 'logs/api.log'), 'utf8')
    await vi.waitFor(() => expect(log()).toContain('the database closed an idle connection'))
    await serves(sandbox)
  })

  test('runs beside another one, which leaves nothing when its npm is killed', async () => {
    const other = await aSandbox(path.join(root, 'other'), undefined, ['npm', 'start', '--silent'])
    await Promise.all([serves(sandbox), serves(other)])
    const parts = other.parts()

    other.signal('command', 'SIGKILL')

    await expectGone(Object.values(parts))
    await serves(sandbox)
  })

  test('killed without a word, goes on where it was: same ports, same engines, same operations', async () => {
    const before = { ports: portsOf(sandbox), ...sandbox.parts() }
    const buyer = await client()
    let told = await buyer.call('purchase_and_install_package', {
      packages: ['northwind/module-search'],
      new_project: { name: 'Shop' },
      idempotency_key: randomUUID(),
    })
    const operation_id = told.structuredContent?.operation_id
    expect(told.structuredContent?.status).toBe('waiting_for_you')
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
    const again = await client()
    await again.call('cancel_operation', { operation_id })
    await vi.waitFor(async () => {
      told = await again.call('get_operation', { operation_id })
      expect(told.structuredContent?.status).toBe('cancelled')
    })
    await again.close()
  })

  test('ends with one sentence and nothing left when its database is killed', async () => {
    const parts = sandbox.parts()

    sandbox.signal('Postgres', 'SIGKILL')

    expect(await sandbox.ended).toBe(1)
    expect(sandbox.printed()).toContain('Postgres has ended by itself')
    expect(sandbox.printed()).not.toContain('    at ')
    await expectGone(Object.values(parts))
  })
})
