import { execFile, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'

let data: string
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'reset-'))
  onTestFinished(() => fs.rmSync(data, { recursive: true, force: true }))
})

/** Writes files by their paths, and creates their folders. */
function write(files: Record<string, string>, below = data): void {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(below, name)), { recursive: true })
    fs.writeFileSync(path.join(below, name), text)
  }
}

const aStoppedSandbox = () =>
  write({
    'secrets-key': 'x',
    'postgres/pgdata/PG_VERSION': '18',
    'stripe/objects': '',
    'storage/zip': '',
    'bin/temporal': '',
    'stripe-schemas/a.json': '',
  })

function reset(...options: string[]): Promise<{ code: number; output: string }> {
  const env = { PATH: process.env['PATH'], DATA_DIR: data }
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['sandbox/reset.ts', ...options],
      { env },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
    child.stdin?.end()
  })
}

/** A process that lives for the test and names `mark` in its command line. */
function aProcess(mark: string): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', mark], { stdio: 'ignore' })
  onTestFinished(() => void child.kill())
  return child.pid ?? 0
}

describe('sandbox:reset', () => {
  test('sandbox:reset removes everything but the downloads', async () => {
    aStoppedSandbox()

    const { code, output } = await reset('--yes')

    expect([code, output]).toEqual([0, expect.stringContaining('The next npm start begins with empty data.')])
    expect(fs.readdirSync(data).sort()).toEqual(['bin', 'stripe-schemas'])
    expect(await reset('--yes')).toEqual({ code: 0, output: expect.stringContaining('Nothing to remove') })
  })

  test('sandbox:reset removes a database that is in another folder', async () => {
    const home = path.join(data, '..', `${path.basename(data)}-elsewhere`)
    onTestFinished(() => fs.rmSync(home, { recursive: true, force: true }))
    aStoppedSandbox()
    write({ 'postgres/elsewhere': `${home}\n` })
    write({ 'pgdata/PG_VERSION': '18' }, home)

    expect((await reset('--yes')).code).toBe(0)
    expect(fs.existsSync(home)).toBe(false)
  })

  test('sandbox:reset does not remove another folder that is not a database', async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'precious-'))
    onTestFinished(() => fs.rmSync(home, { recursive: true }))
    aStoppedSandbox()
    write({ 'postgres/elsewhere': `${home}\n` })

    expect((await reset('--yes')).code).toBe(0)
    expect(fs.existsSync(home)).toBe(true)
  })

  test.for([
    ['npm start runs', () => write({ 'sandbox.lock': String(aProcess('sandbox/start.ts')) })],
    [
      'Postgres, left by a launcher that was killed, still runs',
      () => write({ 'postgres/pgdata/postmaster.pid': `${aProcess(`${data}/postgres/pgdata`)}\n` }),
    ],
    [
      'Temporal, left by a launcher that was killed, still runs',
      () => write({ 'temporal.json': JSON.stringify({ pid: aProcess('temporal') }) }),
    ],
  ] as const)('sandbox:reset removes nothing while %s', async ([what, start]) => {
    aStoppedSandbox()
    start()
    const before = fs.readdirSync(data)

    const { code, output } = await reset('--yes')

    expect([code, output]).toEqual([1, expect.stringContaining(`${what} in`)])
    expect(fs.readdirSync(data)).toEqual(before)
  })

  test('sandbox:reset asks first, and removes nothing without an answer', async () => {
    aStoppedSandbox()

    expect(await reset()).toEqual({ code: 1, output: expect.stringContaining('--yes') })
    expect(fs.existsSync(path.join(data, 'secrets-key'))).toBe(true)
  })

  test('sandbox:reset refuses an unknown option', async () => {
    aStoppedSandbox()

    expect(await reset('--force')).toEqual({ code: 1, output: 'usage: npm run sandbox:reset [-- --yes]\n' })
    expect(fs.existsSync(path.join(data, 'secrets-key'))).toBe(true)
  })

  test('sandbox:reset does not touch a folder that is not a sandbox', async () => {
    write({ 'thesis.txt': 'years of work' })

    expect(await reset('--yes')).toEqual({ code: 1, output: expect.stringContaining('does not look like') })
    expect(fs.existsSync(path.join(data, 'thesis.txt'))).toBe(true)
  })
})
