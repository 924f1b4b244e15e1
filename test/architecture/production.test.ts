import { execFileSync, spawnSync } from 'node:child_process'
import fs, { existsSync, readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SEARCH_ATTRIBUTES } from '#contracts/messages'
import { SETTINGS } from '../../src/platform/config.ts'
import { builtOf, stagesOf } from '../support/dockerfile.ts'

/** What the image sets, and what its own process does not read. */
const SET_BY_IMAGE = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'STORAGE_DIR',
  'WORKFLOW_BUNDLE',
  'HEALTH_FILE',
  'INGEST_DIR',
]
const SECRETS = /PASSWORD|SECRET|_KEY$|SMTP_URL|POSTGRES_PWD|DATABASE_URL/

const read = (file: string) => readFileSync(file, 'utf8')
const dockerfile = stagesOf(read('Dockerfile'))
const last = (image: string, name: string) =>
  builtOf(dockerfile, image).findLast((each) => each.name === name)?.text

interface Service {
  image: string
  environment?: Record<string, string | number>
  command?: string[]
  ports?: string[]
  networks?: string[]
  read_only?: boolean
  cap_drop?: string[]
  tmpfs?: string[]
  volumes?: string[]
  restart?: string
  mem_limit?: string
  stop_grace_period?: string
  healthcheck?: { test?: string[]; disable?: boolean }
}
interface Composed {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean } | null>
}
const composed = parse(read('docker-compose.yml'), { merge: true }) as Composed
const services = Object.entries(composed.services)
const ours = services.filter(([, { image }]) => image.startsWith('packagento'))

describe('the compose file of production', () => {
  test('no secret in the compose file has a value or a default', () => {
    const secrets = services.flatMap(([name, { environment = {} }]) =>
      Object.entries(environment).flatMap(([setting, value]) =>
        SECRETS.test(setting) ? [[`${name} ${setting}`, String(value)] as const] : [],
      ),
    )

    expect(secrets.length).toBeGreaterThan(15)
    const optional = /^\w+(-\w+)? SECRETS_KEY_OLD$/
    expect(
      secrets.filter(([name, value]) => !optional.test(name) && !/\$\{[A-Z_]+:\?[^}]+\}/.test(value)),
    ).toEqual([])
    expect(
      secrets.filter(([name, value]) => optional.test(name) && value !== '${SECRETS_KEY_OLD:-}'),
    ).toEqual([])
  })

  test('only the api is published; database and Temporal cannot be reached from outside nor reach it', () => {
    const published = services.filter(([, { ports }]) => ports)

    expect(published.map(([name]) => name)).toEqual(['temporal-ui', 'api'])
    expect(composed.services['temporal-ui']?.ports).toEqual(['127.0.0.1:8080:8080'])
    expect([composed.networks['database'], composed.networks['temporal']]).toEqual([
      { internal: true },
      { internal: true },
    ])
    expect(composed.services['postgres']?.networks).toEqual(['database'])
    expect(composed.services['temporal']?.networks).toEqual(['database', 'temporal'])
  })

  test('the worker that reads repositories of strangers has no key of Stripe, no mail server, and its own way out', () => {
    const { environment = {}, networks = [] } = composed.services['worker-ingest'] ?? {}
    const others = ours
      .filter(([name]) => name !== 'worker-ingest')
      .flatMap(([, { networks: theirs = [] }]) => theirs)

    expect(Object.keys(environment).filter((name) => /STRIPE|SMTP|POSTGRES/.test(name))).toEqual([])
    expect(environment['WORKER_QUEUES']).toBe('git-ingest')
    expect(networks.filter((name) => !others.includes(name))).toEqual(['git-hosts'])
  })

  test('each of our containers cannot write to its image, has no capability, a limit and a health check', () => {
    expect(ours.map(([name]) => name)).toEqual(['migrate', 'api', 'worker', 'worker-ingest', 'current'])
    for (const [name, service] of ours) {
      expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ['ALL']])
      expect([name, service.tmpfs?.[0]]).toEqual([name, expect.stringMatching(/^\/tmp:size=/)])
      expect([name, service.mem_limit, service.restart]).toEqual([
        name,
        expect.any(String),
        expect.any(String),
      ])
      const program = service.command?.[1] ?? last('market', 'CMD')?.match(/src\/[\w/.]+/)?.[0] ?? ''
      expect([name, existsSync(program)]).toEqual([name, true])
    }
  })

  test('a container has longer to stop than its process takes', () => {
    const [, payments, ingest] =
      /payments: '(\d+)s', 'git-ingest': '(\d+)s'/.exec(read('src/platform/temporal-worker.ts')) ?? []
    const secondsOf = (name: string) => parseInt(composed.services[name]?.stop_grace_period ?? '', 10)

    expect(secondsOf('worker')).toBeGreaterThan(Number(payments) + 10)
    expect(secondsOf('worker-ingest')).toBeGreaterThan(Number(ingest) + 10)
    expect(secondsOf('api')).toBeGreaterThan(10) // src/platform/shutdown.ts
  })

  test('every setting can be given to the compose file, and production.env.example names every variable once', () => {
    const given = new Set(ours.flatMap(([, { environment = {} }]) => Object.keys(environment)))
    const used = new Set(
      Array.from(read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)/g), ([, name = '']) => name),
    )

    const named = Array.from(
      read('deploy/production.env.example').matchAll(/^([A-Z_]+)=/gm),
      ([, name = '']) => name,
    )

    expect(SETTINGS.filter((name) => !given.has(name) && !SET_BY_IMAGE.includes(name))).toEqual([])
    expect(named.sort()).toEqual([...used].sort())
    expect(read('deploy/production.env.example')).not.toMatch(/^[A-Z_]+=\S/m)
  })

  test('Temporal gets exactly the search attributes of our runs', () => {
    const [, list = ''] =
      /<< 'ATTRIBUTES'\n([^]*?)\nATTRIBUTES/.exec(read('deploy/temporal/namespace.sh')) ?? []

    const attributes = Object.fromEntries(list.split('\n').map((line) => line.split(' ')))

    expect(attributes).toEqual(SEARCH_ATTRIBUTES)
  })
})

test('the sandbox, the tests and production give each task queue of Temporal one partition', () => {
  const production = parse(read('deploy/temporal/dynamic-config.yaml')) as Record<string, unknown>
  for (const setting of ['matching.numTaskqueueReadPartitions', 'matching.numTaskqueueWritePartitions']) {
    expect(production[setting]).toEqual([{ value: 1 }])
    for (const file of ['sandbox/engines/temporal.ts', 'test/support/a-dev-server.ts'])
      expect(read(file), file).toContain(`'${setting}=1'`)
  }
})

describe('docker-compose itself', () => {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter)
  const isMissing = !folders.some((folder) => existsSync(path.join(folder, 'docker-compose')))
  if (isMissing && !process.env['CI'])
    console.warn('  docker-compose is not installed: its tests are skipped')
  // a copy, because the short form of a volume allows no colon in a path
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'compose-'))
  afterAll(() => fs.rmSync(copy, { recursive: true }))
  for (const name of ['docker-compose.yml', 'deploy'])
    fs.cpSync(name, path.join(copy, name), { recursive: true })
  const config = (env: Record<string, string>) =>
    spawnSync('docker-compose', ['--env-file', 'deploy/production.env.example', 'config'], {
      cwd: copy,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...env },
    })
  const filled = () =>
    Object.fromEntries(
      Array.from(read('deploy/production.env.example').matchAll(/^([A-Z_]+)=/gm), ([, name = '']) => [
        name,
        '',
      ]).map(([name = '']) => [name, name === 'API_PORTS' ? '' : 'given']),
    )

  test.skipIf(isMissing && !process.env['CI'])(
    'docker-compose accepts the file when every variable is given, and refuses it as long as the example is not filled',
    () => {
      const accepted = config(filled())
      expect([accepted.stderr, accepted.status]).toEqual(['', 0])
      const resolved = parse(accepted.stdout) as Composed
      expect(Object.keys(resolved.services).sort()).toEqual(services.map(([name]) => name).sort())

      const refused = config({})
      expect(refused.status).not.toBe(0)
      expect(refused.stderr).toContain('openssl rand')
    },
  )
})

test('the jobs of the compose file are shell scripts without a mistake in their form', () => {
  for (const [shell, script] of [
    ['bash', 'deploy/postgres/roles.sh'],
    ['sh', 'deploy/temporal/schema.sh'],
    ['sh', 'deploy/temporal/namespace.sh'],
  ] as const)
    expect(execFileSync(shell, ['-n', script], { encoding: 'utf8' })).toBe('')
})

test('the role script of Postgres refuses passwords that are short, foreign to a URL, or the same', () => {
  const passwords = {
    POSTGRES_PASSWORD: 'a'.repeat(32),
    MARKET_DB_PASSWORD: 'b'.repeat(32),
    TEMPORAL_DB_PASSWORD: 'c'.repeat(32),
    TEMPORAL_VISIBILITY_DB_PASSWORD: 'd'.repeat(32),
  }
  const outcome = (changed: object) => {
    const env = { PATH: process.env['PATH'], POSTGRES_USER: 'postgres', ...passwords, ...changed }
    const { status, stderr } = spawnSync('bash', ['deploy/postgres/roles.sh'], { env, encoding: 'utf8' })
    return [status, stderr.split(':')[0]?.trim()]
  }
  const weak = 'A password of the database is shorter than 24 characters or not of A-Z, a-z, 0-9, - and _'

  expect(outcome({ MARKET_DB_PASSWORD: 'hunter2' })).toEqual([1, weak])
  expect(outcome({ TEMPORAL_DB_PASSWORD: `${'c'.repeat(32)}@` })).toEqual([1, weak])
  expect(outcome({ TEMPORAL_DB_PASSWORD: passwords.MARKET_DB_PASSWORD })).toEqual([
    1,
    'Two roles of the database have the same password',
  ])
})
