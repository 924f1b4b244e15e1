import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Postgres, startPostgres } from '../../sandbox/engines/postgres.ts'
import { freePort, isAlive } from '../../sandbox/engines/process.ts'

const isRoot = process.getuid?.() === 0

/** A folder that other users may enter, because the Postgres of root runs as another user. */
function aFolder(mode = 0o755): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'engine '))
  fs.chmodSync(folder, mode)
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function aPostgres(dir: string): Promise<Postgres> {
  const postgres = await startPostgres({ dir, port: await freePort() })
  onTestFinished(postgres.stop)
  return postgres
}

async function connectedTo(postgres: Postgres): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.url() })
  client.on('error', () => {}) // the server may be killed
  await client.connect()
  return client
}

test('a Postgres that is killed during inserts keeps every row that it acknowledged', async () => {
  const dir = path.join(aFolder(), 'postgres')
  const postgres = await aPostgres(dir)
  const client = await connectedTo(postgres)
  await client.query('create table rows (n int primary key)')
  let acknowledged = 0
  const insertUntilItDies = async () => {
    for (;;) {
      await client.query('insert into rows values ($1)', [acknowledged + 1])
      acknowledged++
    }
  }
  const failure = insertUntilItDies().catch((e: unknown) => e)
  await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(50), { timeout: 10_000 })

  process.kill(postgres.pid, 'SIGKILL')
  expect(await failure).toBeInstanceOf(Error)
  const again = await connectedTo(await aPostgres(dir))

  const { rows } = await again.query<{ n: string }>('select count(*)::int as n from rows where n <= $1', [
    acknowledged,
  ])
  expect(rows[0]?.n).toBe(acknowledged)
  await again.end()
})

test('Postgres replaces an unfinished cluster, and does not start with a damaged connection file', async () => {
  const dir = path.join(aFolder(), 'postgres')
  fs.mkdirSync(path.join(dir, 'pgdata.new'), { recursive: true })
  fs.writeFileSync(path.join(dir, 'pgdata.new/PG_VERSION'), '18')
  const { stop } = await aPostgres(dir)
  await stop()
  const login = path.join(dir, 'connection.json')

  for (const damage of ['{"passw', JSON.stringify({ password: 'another', port: await freePort() })]) {
    fs.writeFileSync(login, damage)
    await expect(startPostgres({ dir })).rejects.toThrow(`${login} is damaged`)
  }
  expect(fs.existsSync(path.join(dir, 'pgdata/postmaster.pid'))).toBe(false)
})

describe.runIf(isRoot)('root', () => {
  test('the database of root is in another folder when other users may not enter the data folder', async () => {
    const dir = path.join(aFolder(0o700), 'postgres')

    const postgres = await aPostgres(dir)

    const elsewhere = fs.readFileSync(path.join(dir, 'elsewhere'), 'utf8').trim()
    onTestFinished(() => fs.rmSync(elsewhere, { recursive: true, force: true }))
    expect(elsewhere).toContain('/var/lib/packagento/')
    await (await connectedTo(postgres)).end()
    await postgres.stop()
  })

  test('root starts the database of another user as that user, and all files stay owned by that user', async () => {
    const dir = path.join(aFolder(), 'postgres')
    const otherUser = 4711
    await (await aPostgres(dir)).stop()
    await promisify(execFile)('chown', ['-R', `${otherUser}:${otherUser}`, dir])

    const postgres = await aPostgres(dir)

    expect(fs.statSync(`/proc/${postgres.pid}`).uid).toBe(otherUser)
    await postgres.stop()
    const names = fs.readdirSync(dir).map((name) => [name, fs.statSync(path.join(dir, name)).uid])
    expect(names.filter(([, uid]) => uid !== otherUser)).toEqual([])
  })
})

test('the next test run removes the engine and the folder of a test run that was killed', async () => {
  const base = aFolder()
  const env = { ...process.env, TEST_DATA_DIR: base }
  const start = `const { throwAwayPostgres } = await import('./sandbox/engines/throw-away.ts')
    console.log((await throwAwayPostgres()).pid); setInterval(() => {}, 1000)`
  const run = () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', start], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
  const first = run()
  const [output] = (await once(first.stdout, 'data')) as [Buffer]
  const engine = Number(output)
  const [folder = ''] = fs.readdirSync(base)
  first.kill('SIGKILL')
  await once(first, 'exit')
  expect(isAlive(engine)).toBe(true)

  const second = run()
  const [secondOutput] = (await once(second.stdout, 'data')) as [Buffer]
  onTestFinished(() => void process.kill(Number(secondOutput), 'SIGKILL'))

  await vi.waitFor(() => expect(isAlive(engine)).toBe(false), { timeout: 10_000 })
  expect(fs.existsSync(path.join(base, folder))).toBe(false)
})
