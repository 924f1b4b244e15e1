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

/** The output of a script of the sandbox, and its exit code. */
function run(
  script: string,
  env: Record<string, string>,
  options: readonly string[] = [],
): Promise<{ code: number; output: string }> {
  const { PATH, NODE_COMPILE_CACHE } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [`sandbox/${script}.ts`, ...options],
      // stops the script if it starts although it should refuse
      { env: { PATH, NODE_COMPILE_CACHE, ...env }, timeout: 15_000 },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    )
  })
}

const refusal = (output: string) => ({ code: 1, output: `${output}\n` })

describe('npm start that is refused in one sentence', () => {
  test('npm start refuses invalid settings before it creates a folder', async () => {
    const env = { DATA_DIR: path.join(aFolder(), 'data'), PORT: 'abc', PUBLIC_URL: 'market.example' }

    expect(await run('start', env)).toEqual(
      refusal(
        'PORT has to be a whole number from 0 to 65535.\n' +
          'PUBLIC_URL has to be an origin such as https://market.example, without a path or slash at its end.',
      ),
    )
    expect(fs.existsSync(env.DATA_DIR)).toBe(false)
  })

  test('npm start refuses a port that is taken, and leaves no lock', async () => {
    const server = net.createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const DATA_DIR = aFolder()
    const { port: PORT } = server.address() as net.AddressInfo

    expect(await run('start', { DATA_DIR, PORT: String(PORT) })).toEqual(
      refusal(`Port ${PORT} of 127.0.0.1 is taken: stop what uses it, or set PORT.`),
    )
    expect(fs.readdirSync(DATA_DIR)).toEqual([])
  })

  test('npm start refuses a DATA_DIR that is not a folder', async () => {
    const DATA_DIR = path.join(aFolder(), 'file')
    fs.writeFileSync(DATA_DIR, '')

    expect(await run('start', { DATA_DIR })).toEqual(
      refusal(`DATA_DIR ${DATA_DIR} is not a folder: remove it, or set another one.`),
    )
  })

  test.runIf(process.platform === 'linux')(
    'npm start refuses a DATA_DIR that cannot be created',
    async () => {
      expect(await run('start', { DATA_DIR: '/proc/none/data' })).toEqual(
        refusal('DATA_DIR /proc/none/data cannot be written (ENOENT): change its owner, or set another one.'),
      )
    },
  )

  test.for(['0.0.0.0', '::', '192.168.0.7'])(
    'npm start refuses HOST %s, because the password of the demo people is known',
    async (HOST) => {
      expect(await run('start', { DATA_DIR: aFolder(), HOST })).toMatchObject({
        code: 1,
        output: expect.stringContaining(`HOST ${HOST} lets other machines in`),
      })
    },
  )

  test('npm start refuses arguments', async () => {
    expect(await run('start', { DATA_DIR: aFolder() }, ['--port', '3001'])).toEqual(
      refusal(
        'npm start takes no arguments: set DATA_DIR, PORT and the like before it or in .env, as in PORT=3001 npm start.',
      ),
    )
  })
})

describe('sandbox:connect', () => {
  test('sandbox:connect reports that nothing runs, even after the launcher was killed', async () => {
    const DATA_DIR = aFolder()
    const nothing = refusal(
      `Nothing runs in ${DATA_DIR}: start it with npm start first, or set DATA_DIR to where it runs.`,
    )
    const options = ['--as', 'buyer@example.test']
    expect(await run('connect', { DATA_DIR }, options)).toEqual(nothing)

    const where = {
      api: 'http://127.0.0.1:1',
      mcp: 'http://127.0.0.1:1/mcp',
      database_url: inject('postgresUrl'),
    }
    fs.writeFileSync(path.join(DATA_DIR, 'sandbox.json'), JSON.stringify(where))
    fs.writeFileSync(path.join(DATA_DIR, 'sandbox.lock'), String(process.pid))
    expect(await run('connect', { DATA_DIR }, options)).toEqual(nothing)
  })

  test('sandbox:connect lists the scopes when it does not know one', async () => {
    expect(await run('connect', {}, ['--as', 'buyer@example.test', '--scopes', 'read fly'])).toEqual(
      refusal('There is no scope fly; there are read, projects, buy, publish, team.'),
    )
  })
})

describe('an error of the system', () => {
  test('a full disk is reported in one sentence', () => {
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

  test('a file that belongs to another user is reported in one sentence', () => {
    const error = Object.assign(new Error('EACCES'), { code: 'EACCES', path: '/data/secrets-key' })
    expect(sentenceOf(error)).toBe(
      '/data/secrets-key belongs to somebody else (EACCES): change its owner, or set DATA_DIR to another folder.',
    )
  })

  test('an unexpected error is not turned into a sentence', () => {
    expect(sentenceOf(new TypeError('x is not a function'))).toBeUndefined()
    expect(sentenceOf(new Error('no idea'))).toBeUndefined()
  })
})
