import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ConfigRefused, readConfig, readDatabaseUrl, readIngestConfig } from '#platform/config'

type Env = Record<string, string | undefined>

const random = (bytes = 24) => randomBytes(bytes).toString('hex')
const LIVE_KEY = `sk_live_${random()}`
/** All that production asks for. */
const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://market.example',
  DATABASE_URL: `postgres://packagento:${random()}@postgres/packagento`,
  STRIPE_SECRET_KEY: LIVE_KEY,
  STRIPE_WEBHOOK_SECRET: `whsec_${random()}`,
  SECRETS_KEY: randomBytes(32).toString('base64'),
  DEPLOYMENT: 'market',
  STORAGE_DIR: '/var/lib/packagento',
  SMTP_URL: `smtps://market:${random()}@mail.example`,
  MAIL_FROM: 'market@market.example',
  SELLER_NAME: 'Market Operations GmbH',
  SELLER_ADDRESS: 'Beispielweg 1; 10115 Berlin; Germany',
  WORKFLOW_BUNDLE: '/app/workflows.js',
  WORKER_QUEUES: 'payments',
}
const INGEST = {
  ...PRODUCTION,
  STRIPE_SECRET_KEY: '',
  STRIPE_WEBHOOK_SECRET: '',
  SMTP_URL: '',
  WORKER_QUEUES: 'git-ingest',
}
const STAND_INS = {
  STAGING: 'on',
  STRIPE_SECRET_KEY: 'sk_test_sandbox',
  STRIPE_API_BASE: 'http://127.0.0.1:12111',
  SMTP_URL: 'smtp://sandbox-mailbox:x@127.0.0.1:1025',
  GIT_HOSTS: gitHost('http://127.0.0.1:12113'),
}

function gitHost(url: string, client_secret = random()): string {
  return JSON.stringify([{ kind: 'gitlab', url, client_id: 'id', client_secret }])
}

/** The lines that refuse these settings. */
function refusalsOf(read: () => unknown): string[] {
  try {
    read()
    return []
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error
    return error.message.split('\n')
  }
}
const refusals = (env: Env, role: 'api' | 'worker' = 'api') =>
  refusalsOf(() => readConfig({ ...PRODUCTION, ...env }, role))

describe('a process in production', () => {
  test('production with a secret of its own for each purpose is accepted', () => {
    expect(refusals({})).toEqual([])
    expect(refusals({}, 'worker')).toEqual([])
    expect(refusals({ GIT_HOSTS: gitHost('https://gitlab.com') })).toEqual([])
    expect(refusalsOf(() => readIngestConfig(INGEST))).toEqual([])
  })

  test.for([
    ['PUBLIC_URL', 'https://localhost', /is on this machine/],
    ['TRUSTED_PROXIES', '10.0.0.0/8 0.0.0.0/0', /trusts every address/],
    ['TRUSTED_PROXIES', '::/0', /trusts every address/],
    ['DATABASE_URL', 'postgres://db/market?user=market&password=postgres', /short or known/],
  ] as const)('production refuses %s=%s', ([name, value, why]) => {
    expect(refusals({ [name]: value })).toEqual([expect.stringMatching(why)])
  })

  test('production reports all that is missing at once, each with its purpose', () => {
    const lines = refusalsOf(() => readConfig({ NODE_ENV: 'production' }, 'api'))

    expect(lines).toEqual([
      'PUBLIC_URL has to be set in production: the origin that people see.',
      'DATABASE_URL has to be set: the Postgres of the market.',
      'STRIPE_SECRET_KEY has to be set: the key that charges and refunds cards.',
      'STRIPE_WEBHOOK_SECRET has to be set in production: it proves that an event comes from Stripe.',
      'SECRETS_KEY has to be set: it encrypts stored secrets and signs quotes and cursors.',
      'DEPLOYMENT has to be set in production: each deployment needs its own name.',
      'STORAGE_DIR has to be set: the folder of the zips of all packages.',
      'SMTP_URL has to be set: the server that sends our mail.',
      'MAIL_FROM has to be set: the sender of our mail.',
    ])
  })

  test.for([
    ['PUBLIC_URL', 'http://127.0.0.1:3000', 'has to be https in production'],
    ['DATABASE_URL', 'postgres://packagento:hunter2@postgres/packagento', 'has a password that is short'],
    [
      'DATABASE_URL',
      'postgres://packagento:not-a-password-at-all@postgres/packagento',
      'has a password that is short or known',
    ],
    ['DATABASE_URL', 'postgres://packagento:%zz@postgres/packagento', 'has a password that is short'],
    ['STRIPE_SECRET_KEY', 'sk_test_4242', 'is a test key, so no money would move'],
    ['STRIPE_SECRET_KEY', 'rk_test_4242', 'is a test key, so no money would move'],
    ['STRIPE_SECRET_KEY', 'sk_live_1', 'is too short'],
    ['STRIPE_WEBHOOK_SECRET', 'whsec_not_a_secret', 'is short or known'],
    ['STRIPE_WEBHOOK_SECRET', `whsec_${random()} whsec_short`, 'is short or known'],
    ['SECRETS_KEY', Buffer.alloc(32).toString('base64'), 'is not random'],
    ['SECRETS_KEY', Buffer.from('correct horse battery staple ok!').toString('base64'), 'is not random'],
    ['SECRETS_KEY', Buffer.alloc(32, 'a\0b\0c').toString('base64'), 'is not random'],
    ['SECRETS_KEY_OLD', PRODUCTION.SECRETS_KEY, 'has the same secret as SECRETS_KEY'],
    ['GIT_HOSTS', gitHost('http://127.0.0.1:12113'), 'names a host on this machine'],
    [
      'GIT_HOSTS',
      gitHost('https://gitlab.com', 'not-a-secret'),
      'has a client_secret that is short or known',
    ],
    ['DEPLOYMENT', '', 'has to be set in production'],
    ['DEPLOYMENT', 'sandbox', 'has to be set in production'],
    ['STORAGE_DIR', 'storage', 'has to be an absolute path'],
    ['SMTP_URL', 'smtp://sandbox-mailbox:x@127.0.0.1:1025', 'points at the mailbox of the sandbox'],
  ] as const)('production refuses a weak setting or a stand-in in one line: %s=%s', ([name, value, why]) => {
    expect(refusals({ [name]: value })).toEqual([expect.stringMatching(new RegExp(`^${name} ${why}.*\\.$`))])
  })

  test('production refuses a stand-in for Stripe, and a stand-in with a live key anyway', () => {
    expect(refusals({ STRIPE_API_BASE: STAND_INS.STRIPE_API_BASE })).toEqual([
      'STRIPE_SECRET_KEY is a live key: a stand-in at STRIPE_API_BASE must never see one.',
      'STRIPE_API_BASE points at a stand-in: remove it, or set STAGING=on for a rehearsal.',
    ])
  })

  test('production refuses a secret that two settings share, and does not show it', () => {
    const shared = random()

    const lines = refusals({
      DATABASE_URL: `postgres://packagento:${shared}@postgres/packagento`,
      STRIPE_WEBHOOK_SECRET: `whsec_${random()}`,
      SMTP_URL: `smtps://market:${shared}@mail.example`,
    })

    expect(lines).toEqual(['SMTP_URL has the same secret as DATABASE_URL: each needs its own.'])
  })

  test('a database without a password in its URL is accepted, as its server knows us by other means', () => {
    expect(refusals({ DATABASE_URL: 'postgres://packagento@/packagento?host=/run/postgresql' })).toEqual([])
  })

  test('a live key outside of production is refused, so that nobody forgets the checks of production', () => {
    expect(refusals({ NODE_ENV: '' })).toEqual([
      'STRIPE_SECRET_KEY is a live key: it needs NODE_ENV=production without STAGING, whose checks protect real money.',
    ])
  })

  test('migrate refuses a weak password, too', () => {
    const url = 'postgres://packagento:hunter2@postgres/packagento'

    expect(readDatabaseUrl({ DATABASE_URL: url })).toBe(url)
    expect(refusalsOf(() => readDatabaseUrl({ NODE_ENV: 'production', DATABASE_URL: url }))).toHaveLength(1)
  })
})

describe('a worker in production', () => {
  test('a worker in production needs the bundled workflows and one queue, and no secret of the webhook', () => {
    const env = {
      WORKFLOW_BUNDLE: '',
      SELLER_NAME: '',
      SELLER_ADDRESS: '',
      WORKER_QUEUES: 'payments git-ingest',
      STRIPE_WEBHOOK_SECRET: '',
    }

    expect(refusals(env, 'worker').map((line) => line.split(' ')[0])).toEqual([
      'WORKFLOW_BUNDLE',
      'WORKER_QUEUES',
      'SELLER_NAME',
      'SELLER_ADDRESS',
    ])
    expect(refusals({ ...env, STRIPE_WEBHOOK_SECRET: PRODUCTION.STRIPE_WEBHOOK_SECRET }, 'api')).toEqual([])
  })

  test('a worker in production that only ingests refuses other secrets and stand-ins', () => {
    const given = { ...PRODUCTION, GIT_HOSTS: STAND_INS.GIT_HOSTS }

    expect(refusalsOf(() => readIngestConfig(given)).map((line) => line.split(' ')[0])).toEqual([
      'GIT_HOSTS',
      'STRIPE_SECRET_KEY',
      'STRIPE_WEBHOOK_SECRET',
      'SMTP_URL',
    ])
  })
})

describe('a rehearsal of production', () => {
  test('a rehearsal accepts test keys and stand-ins, and all else is as in production', () => {
    expect(refusals(STAND_INS)).toEqual([])
    expect(refusals({ ...STAND_INS, STRIPE_API_BASE: '', STRIPE_SECRET_KEY: 'sk_test_4242' })).toEqual([])
    expect(
      refusals({ ...STAND_INS, DEPLOYMENT: '', SECRETS_KEY: Buffer.alloc(32).toString('base64') }),
    ).toHaveLength(2)
  })

  test('a rehearsal refuses a live key', () => {
    expect(refusals({ STAGING: 'on' })).toEqual([expect.stringMatching(/^STRIPE_SECRET_KEY is a live key/)])
  })
})
