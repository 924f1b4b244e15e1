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

/** All tests share one sandbox and disturb it one after the other. */
describe.skipIf(!inject('timeSkippingServer'))('a sandbox', { timeout: 60_000 }, () => {
  const data = path.join(root, 'data')
  let sandbox: Sandbox
  let taken: Awaited<ReturnType<typeof occupy>>[]
  beforeAll(async () => {
    fs.chmodSync(root, 0o755) // the Postgres of root runs as another user
    taken = await Promise.all(USUAL.map(occupy))
    sandbox = await aSandbox(data)
  })
  afterAll(async () => {
    for (const each of taken) each?.release()
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

  test('two sandboxes run side by side, and one leaves no process when its npm is killed', async () => {
    const other = await aSandbox(path.join(root, 'other'), undefined, ['npm', 'start', '--silent'])
    await Promise.all([expectReady(sandbox), expectReady(other)])
    const parts = other.parts()

    other.signal('command', 'SIGKILL')

    await expectGone(Object.values(parts))
    await expectReady(sandbox)
  })

  test('a sandbox that was killed starts again with the same ports, engines and operations', async () => {
    const before = { ports: portsOf(sandbox), ...sandbox.parts() }
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
