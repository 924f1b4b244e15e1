import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { newKeyPair } from '#domain/projects'
import { openLogger } from '../../src/platform/logger.ts'
import { aDatabase } from '../support/database.ts'
import { aPerson } from '../support/mcp.ts'

/** A logger that keeps its lines. `lines` checks that each one is a single line of JSON. */
function aLog(level = 'trace') {
  const lines: string[] = []
  const log = openLogger({ level, destination: { write: (line) => void lines.push(line) } })
  return {
    log,
    text: () => lines.join(''),
    lines: () =>
      lines.map((line) => {
        expect(line).toMatch(/^[^\n]*\n$/)
        return JSON.parse(line) as Record<string, unknown>
      }),
  }
}

const LONG = 'A1b2-C3d4_E5f6'.repeat(4)
const QUOTE = `quo_t9k2ab_0123456789ab_${'0f'.repeat(16)}`

/** Secrets that no log line may contain, each in a typical text. */
const SECRETS: ReadonlyArray<readonly [shape: string, text: string, secret: string]> = [
  ['an access token', `pkgt_${LONG}`, LONG],
  ['a private key', `psk_${LONG}`, LONG],
  ['a test key of Stripe', `sk_test_${LONG}`, LONG],
  ['a live key of Stripe', `sk_live_${LONG}`, LONG],
  ['a restricted key of Stripe', `rk_live_${LONG}`, LONG],
  ['a restricted test key of Stripe', `rk_test_${LONG}`, LONG],
  ['a webhook secret', `whsec_${LONG}`, LONG],
  ['a quote', QUOTE, '0f0f0f'],
  ['Basic credentials', `Basic ${btoa('ppk_1:geheim ?>')}`, btoa('ppk_1:geheim ?>').slice(0, 8)],
  ['a foreign bearer token', 'authorization: bearer eyJhbGci.eyJzdWIi.c2ln', 'eyJ'],
  ['a one-time link', `https://market.example/o/${LONG}?from=mail`, LONG],
  ['a pickup link', `curl -X POST 'https://market.example/pickup/${LONG}'`, LONG],
  ['the link of a share', `https://market.example/share/${LONG}`, LONG],
  ['the link of a share to which a sign-in leads', `/sign-in?continue=%2Fshare%2F${LONG}`, LONG],
  ['the link of an invite', `https://market.example/invites/${LONG}/accept`, LONG],
  ['a URL with a password', 'postgres://packagento:ge:h.eim@db:5432/market', 'h.eim'],
  ['a URL with a password only', 'redis://:geheim@cache', 'geheim'],
  ['a mail address', 'bea.buyer+shop@mail.example.co.uk', 'buyer'],
  ['a mail address in other letters', 'jürgen@exämple.test', 'rgen@'],
  ['a mail address in a URL', 'https://market.example/?to=bea%40example.test', 'bea'],
]

describe.each(SECRETS)('%s', (shape, text, secret) => {
  test.for([
    ['alone', text],
    ['in a sentence', `was given ${text}, which is wrong`],
    ['on a line of its own', `was given\n${text}\nwhich is wrong`],
    ['after a tab', `key:\t${text}`],
    ['in colours', `\u001b${text}\u001b[0m`],
    ['in quotes', `was given "${text}"`],
    ['in JSON in a text', JSON.stringify({ key: text })],
    ['in a query', `?key=${text}&more=1`],
  ])(`${shape} is scrubbed from a log message, %s`, ([, message = '']) => {
    const { log, lines, text: logged } = aLog()

    log.info(message)

    expect(logged()).not.toContain(secret)
    expect(lines()[0]?.['msg']).toMatch(/\[(redacted|mail address)\]/)
  })

  test(`${shape} is scrubbed from log fields, names of fields and lists at any depth`, () => {
    const { log, lines, text: logged } = aLog()

    log.warn(
      { key: text, a: { b: { c: [{ d: text }, [text]] } }, [text]: 1, json: { toJSON: () => text } },
      'm',
    )

    expect(logged()).not.toContain(secret)
    expect(lines()[0]).toMatchObject({ level: 40, msg: 'm' })
  })

  test(`${shape} is scrubbed from the message, stack, cause and fields of a logged error`, () => {
    const { log, lines, text: logged } = aLog()
    const cause = Object.assign(new Error(`cause\n${text}`), { detail: text })
    const error = Object.assign(new AggregateError([new Error(text)], `failed:\n${text}`, { cause }), {
      config: { headers: [text] },
    })

    log.error({ err: error }, 'm')
    log.error({ error }, 'm')
    log.error(error)

    expect(logged()).not.toContain(secret)
    expect(lines().map(({ err, error: other }) => (err ?? other) as object)).toMatchObject(
      Array.from({ length: 3 }, () => ({
        type: 'AggregateError',
        stack: expect.stringContaining('logger.test'),
      })),
    )
  })

  test(`${shape} is scrubbed from the fields of a child logger`, () => {
    const { log, text: logged } = aLog()

    log.child({ key: text }).info('m')

    expect(logged()).toContain('"msg":"m"')
    expect(logged()).not.toContain(secret)
  })
})

describe('a field that holds a secret of any shape', () => {
  test.for(['password', 'authorization', 'Authorization', 'cookie', 'set-cookie', 'new_password'])(
    'a log field with the name %s is scrubbed at any depth',
    (name) => {
      const { log, lines, text } = aLog()

      log.info({ [name]: 'gehe"im\\' }, 'm')
      log.info({ a: { [name]: 'gehe"im' } }, 'm')
      log.info({ a: [{ headers: { [name]: 'gehe"im', host: 'h' } }] }, 'm')
      log.info({ [name]: ['gehe]im', 'gehe"im'], host: 'h' }, 'm')

      expect(text()).not.toContain('gehe')
      expect(lines()).toMatchObject([
        { [name]: '[redacted]', msg: 'm' },
        { a: { [name]: '[redacted]' } },
        { a: [{ headers: { [name]: '[redacted]', host: 'h' } }] },
        { [name]: '[redacted]', host: 'h' },
      ])
    },
  )
})

describe('a secret that we mint ourselves', () => {
  test('a private key that we mint is scrubbed from a log line, and its public key is not', () => {
    for (let n = 0; n < 200; n++) {
      const { log, text } = aLog()
      const { publicKey, privateKey } = newKeyPair()

      log.info({ keys: { publicKey, privateKey } }, `${publicKey}:${privateKey}`)

      expect(text()).not.toContain(privateKey.slice(4))
      expect(text().split(publicKey)).toHaveLength(3)
    }
  })

  test('an access token that we mint is scrubbed from a log line', async () => {
    const { db, close } = await aDatabase()
    const { mint } = await aPerson(db)
    for (let n = 0; n < 10; n++) {
      const { log, text } = aLog()
      const token = await mint()

      log.info({ token }, `token\n${token}`)

      expect(text().split('pkgt_[redacted]')).toHaveLength(3)
      expect(text()).not.toContain(token.slice(5))
    }
    await close()
  })
})

describe('a harmless line', () => {
  test.for([
    'answered',
    'the run purchase_and_install_package/op_01KB1JMXYZ8Q4T3R2P1N0M9K8J is over',
    'listening on http://127.0.0.1:3000/mcp and http://[::1]:3000/',
    'published northwind/module-search v1.1.0, sha256 0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f',
    'asked for /packages/northwind/module-search',
    'no route matches GET /o/short',
    'uses @scope/package 1.0',
    '50 % of pkg_01KB and req_6f1f-22',
    'no Basic user, no Bearer token',
    'a "quoted" \\ text\twith\nlines and ünïcode 🔑',
  ])('a log line without secrets is not changed: %j', (message) => {
    const { log, lines } = aLog()

    log.info({ message, nested: { list: [message] } }, message)

    expect(lines()).toEqual([
      { level: 30, time: expect.any(String), message, nested: { list: [message] }, msg: message },
    ])
  })

  test('a log line has its time in UTC, and no name of the process or the machine', () => {
    const { log, lines } = aLog()

    log.info('m')

    expect(Object.keys(lines()[0] ?? {})).toEqual(['level', 'time', 'msg'])
    expect(lines()[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  test('a log line below the level is not written', () => {
    const { log, text } = aLog('warn')

    log.info('m')

    expect(text()).toBe('')
  })

  test('a very long log line is written in linear time', () => {
    const { log, lines } = aLog()
    const since = performance.now()

    log.info({ long: `_${'a'.repeat(2 ** 17)}` }, 'm')

    expect(lines()).toHaveLength(1)
    expect(performance.now() - since).toBeLessThan(2_000)
  })
})

describe('standard output', () => {
  test.for([
    ['exits', 'process.exit(3)', 3],
    ['throws', "throw new Error('nobody catches this')", 1],
  ] as const)(
    'a program that logs a line and %s in the same turn still writes the line',
    ([, end, status]) => {
      const program = `
      import { openLogger } from './src/platform/logger.ts'
      openLogger({ level: 'info' }).info('the last words')
      ${end}`

      const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })

      expect(run.status).toBe(status)
      expect(run.stdout).toMatch(/^\{[^\n]*"msg":"the last words"\}\n$/)
    },
  )

  test('standard output gets 1,000 log lines of many loggers in order, which wait for the exit together', () => {
    const program = `
      import { openLogger } from './src/platform/logger.ts'
      const logs = Array.from({ length: 20 }, () => openLogger({ level: 'info' }))
      for (let n = 0; n < 1000; n++) logs[n % 20].info(String(n))
      process.stderr.write(String(process.listenerCount('exit')))
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500)`

    const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })

    expect(run.stderr).toBe('1')
    const lines = run.stdout.trim().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(
      Array.from({ length: 1000 }, (_, n) => String(n)),
    )
  })
})
