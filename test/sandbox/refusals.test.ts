import { execFile } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { isFull, sentenceOf } from '../../sandbox/refused.ts'

function aFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'refusal '))
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a script of the sandbox says to a person, and its exit code. */
function said(
  script: string,
  env: Record<string, string>,
  options: readonly string[] = [],
): Promise<{ code: number; words: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`sandbox/${script}.ts`, ...options],
      { env: { PATH: process.env['PATH'], ...env }, timeout: 15_000 }, // should it start after all
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, words: stdout + stderr }),
    )
  })
}

const refusal = (words: string) => ({ code: 1, words: `${words}\n` })

describe('npm start begins nothing and says one sentence', () => {
  test('about a setting that can never be', async () => {
    const env = { DATA_DIR: path.join(aFolder(), 'data'), PORT: 'abc', PUBLIC_URL: 'market.example' }

    expect(await said('start', env)).toEqual(
      refusal(
        'PORT has to be a whole number from 0 to 65535.\n' +
          'PUBLIC_URL has to be an origin such as https://market.example, without a path or slash at its end.',
      ),
    )
    expect(fs.existsSync(env.DATA_DIR)).toBe(false)
  })

  test('about a port that is taken, and keeps no lock', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const DATA_DIR = aFolder()
    const { port: PORT } = server.address() as net.AddressInfo

    expect(await said('start', { DATA_DIR, PORT: String(PORT) })).toEqual(
      refusal(`Port ${PORT} of 127.0.0.1 is taken: stop what uses it, or set PORT.`),
    )
    expect(fs.readdirSync(DATA_DIR)).toEqual([])
  })

  test('about a DATA_DIR that is not a folder', async () => {
    const DATA_DIR = path.join(aFolder(), 'file')
    fs.writeFileSync(DATA_DIR, '')

    expect(await said('start', { DATA_DIR })).toEqual(
      refusal(`DATA_DIR ${DATA_DIR} is not a folder: change its owner, or set another one.`),
    )
  })

  test.runIf(process.platform === 'linux')('about a DATA_DIR where no folder can be made', async () => {
    expect(await said('start', { DATA_DIR: '/proc/none/data' })).toEqual(
      refusal('DATA_DIR /proc/none/data cannot be written (ENOENT): change its owner, or set another one.'),
    )
  })

  test('about arguments', async () => {
    expect(await said('start', { DATA_DIR: aFolder() }, ['--port', '3001'])).toEqual(
      refusal(
        'npm start takes no arguments: set DATA_DIR, PORT and the like before it or in .env, as in PORT=3001 npm start.',
      ),
    )
  })
})

describe('sandbox:connect', () => {
  test('knows that nothing runs, also after a launcher that was killed', async () => {
    const DATA_DIR = aFolder()
    const nothing = refusal(
      `Nothing runs in ${DATA_DIR}: start it with npm start first, or set DATA_DIR to where it runs.`,
    )
    const options = ['--as', 'buyer@example.test']
    expect(await said('connect', { DATA_DIR }, options)).toEqual(nothing)

    const where = {
      api: 'http://127.0.0.1:1',
      mcp: 'http://127.0.0.1:1/mcp',
      database_url: inject('postgresUrl'),
    }
    fs.writeFileSync(path.join(DATA_DIR, 'sandbox.json'), JSON.stringify(where))
    fs.writeFileSync(path.join(DATA_DIR, 'sandbox.lock'), String(process.pid))
    expect(await said('connect', { DATA_DIR }, options)).toEqual(nothing)
  })

  test('names the scopes that there are', async () => {
    expect(await said('connect', {}, ['--as', 'buyer@example.test', '--scopes', 'read fly'])).toEqual(
      refusal('There is no scope fly; there are read, projects, buy, publish, team.'),
    )
  })
})

describe('an error of the system', () => {
  test('is a sentence when the disk is full', () => {
    let error: unknown
    try {
      fs.writeFileSync('/dev/full', 'x')
    } catch (e) {
      error = e
    }
    expect(sentenceOf(error)).toMatch(/^The disk is full \(.+\): make room, or set DATA_DIR/)
    expect(isFull(os.tmpdir(), 'could not extend file: No space left on device')).toBe(true)
    expect(isFull(os.tmpdir())).toBe(false)
  })

  test('is a sentence when a file belongs to somebody else', () => {
    const error = Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/data/secrets-key' })
    expect(sentenceOf(error)).toBe(
      '/data/secrets-key belongs to somebody else (EACCES): change its owner, or set DATA_DIR to another folder.',
    )
  })

  test('keeps its stack when it is a bug', () => {
    expect(sentenceOf(new TypeError('x is not a function'))).toBeUndefined()
    expect(sentenceOf(new Error('no idea'))).toBeUndefined()
  })
})
