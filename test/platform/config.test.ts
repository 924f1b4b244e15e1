import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigRefused, readConfig, SETTINGS } from '../../src/platform/config.ts'

type Env = Record<string, string | undefined>

const ENOUGH = {
  DATABASE_URL: 'postgres://packagento@127.0.0.1/packagento',
  STRIPE_SECRET_KEY: 'sk_test_1',
  SECRETS_KEY: randomBytes(32).toString('base64'),
  STORAGE_DIR: '/var/lib/packagento',
  SMTP_URL: 'smtps://market@mail.example',
  MAIL_FROM: 'Market <market@market.example>',
}
const PURPOSES = [
  'DATABASE_URL has to be set: the Postgres of the market.',
  'STRIPE_SECRET_KEY has to be set: the key that charges and refunds cards.',
  'SECRETS_KEY has to be set: it encrypts stored secrets and signs quotes and cursors.',
  'STORAGE_DIR has to be set: the folder of the zips of all packages.',
  'SMTP_URL has to be set: the server that sends our mail.',
  'MAIL_FROM has to be set: the sender of our mail.',
]
const read = (env: Env = {}) => readConfig({ ...ENOUGH, ...env })

/** The lines of the error that refuses these settings. */
function refusals(env: Env, from: Env = ENOUGH): string[] {
  try {
    readConfig({ ...from, ...env })
    return []
  } catch (error) {
    if (!(error instanceof ConfigRefused)) throw error
    return error.message.split('\n')
  }
}

describe('a process with only the required settings', () => {
  test('a process with only the required settings listens on the loopback address for development', () => {
    expect(read()).toEqual({
      ...ENOUGH,
      NODE_ENV: 'development',
      STAGING: 'off',
      OAUTH_REGISTRATION: 'on',
      HOST: '127.0.0.1',
      PORT: 3000,
      PUBLIC_URL: 'http://127.0.0.1:3000',
      TEMPORAL_ADDRESS: '127.0.0.1:7233',
      TEMPORAL_NAMESPACE: 'packagento',
      DEPLOYMENT: 'sandbox',
      GIT_HOSTS: [],
      GIT_CONSENT_DAYS: 14,
      VENDOR_AUTO_APPROVE: false,
      SECRETS_KEY_OLD: [],
      STRIPE_WEBHOOK_SECRET: [],
      WORKER_QUEUES: ['payments', 'git-ingest'],
      INGEST_DIR: path.join(os.tmpdir(), `packagento-ingest-${process.getuid?.()}`),
      LOG_LEVEL: 'info',
      PLATFORM_FEE_PERCENT: 15,
      SELLER_NAME: 'The packagento sandbox',
      SELLER_ADDRESS: ['1 Example Street', 'Exampleton'],
      SELLING_CURRENCIES: ['EUR', 'USD'],
      SPENDING_CURRENCIES: ['EUR', 'USD'],
      SPENDING_PER_PURCHASE: 500,
      SPENDING_PER_DAY: 1_000,
      SPENDING_PER_MONTH: 5_000,
      SPENDING_PURCHASES_PER_HOUR: 50,
    })
  })

  test('the default public URL has the port of the setting PORT', () => {
    expect(read({ PORT: '8080' })).toMatchObject({ PORT: 8080, PUBLIC_URL: 'http://127.0.0.1:8080' })
    expect(read({ PORT: '8080', PUBLIC_URL: 'https://market.example' })).toMatchObject({
      PUBLIC_URL: 'https://market.example',
    })
  })

  test('an empty setting counts as not set', () => {
    const empty = Object.fromEntries(SETTINGS.map((name) => [name, '']))

    expect(readConfig({ ...empty, ...ENOUGH })).toEqual(read())
    expect(refusals(empty)).toEqual(PURPOSES)
  })

  test('all missing settings are reported at once, each with its purpose', () => {
    expect(refusals({}, {})).toEqual(PURPOSES)
  })

  test('an environment variable that is not a setting is ignored', () => {
    expect(read({ PATH: '/bin', OTHER_SECRET: 'x' })).toEqual(read())
  })
})

describe('a setting that is a list or a number', () => {
  test('a setting that is a list or a number is parsed', () => {
    expect(
      read({
        ALLOWED_ORIGINS: ' one.example, two.example\nthree.example ',
        TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1 2001:db8::/32',
        PLATFORM_FEE_PERCENT: '12.55',
        SELLER_ADDRESS: 'Beispielweg 1; 10115 Berlin ;Germany',
        SELLER_VAT_ID: 'de 123 456 789',
        SPENDING_CURRENCIES: 'USD, EUR USD',
        SPENDING_PER_DAY: '0',
      }),
    ).toMatchObject({
      TRUSTED_PROXIES: ['10.0.0.0/8', '127.0.0.1', '2001:db8::/32'],
      ALLOWED_ORIGINS: ['one.example', 'two.example', 'three.example'],
      PLATFORM_FEE_PERCENT: 12.55,
      SELLER_ADDRESS: ['Beispielweg 1', '10115 Berlin', 'Germany'],
      SELLER_VAT_ID: 'DE123456789',
      SPENDING_CURRENCIES: ['USD', 'EUR'],
      SPENDING_PER_DAY: 0,
    })
  })
})

describe('a setting that is wrong by itself', () => {
  test.for([
    ['NODE_ENV', 'staging', /expected one of/],
    ['PORT', 'three', /has to be a whole number from 0 to 65535/],
    ['PORT', '-1', /has to be a whole number from 0 to 65535/],
    ['PORT', '65536', /has to be a whole number from 0 to 65535/],
    ['PORT', '80.5', /has to be a whole number from 0 to 65535/],
    ['PUBLIC_URL', 'market.example', /has to be an origin/],
    ['ALLOWED_ORIGINS', 'assistant.example:8443', /has to be origins such as https/],
    ['ALLOWED_ORIGINS', 'https://assistant.example/', /has to be origins such as https/],
    ['ALLOWED_ORIGINS', '*', /has to be origins such as https/],
    ['SMTP_URL', 'https://mail.example', /has to be an smtp:/],
    ['SMTP_URL', 'mail.example:25', /has to be an smtp:/],
    ['MAIL_FROM', 'Market', /has to be an address/],
    ['MAIL_FROM', 'Market\n<market@market.example>', /has to be an address/],
    ['PUBLIC_URL', 'https://market.example/', /without a path or slash/],
    ['PUBLIC_URL', 'https://market.example/shop', /has to be an origin/],
    ['PUBLIC_URL', 'https://ann:pw@market.example', /has to be an origin/],
    ['PUBLIC_URL', 'ftp://market.example', /has to be an origin/],
    ['TRUSTED_PROXIES', '1', /has to be IP addresses or networks/],
    ['TRUSTED_PROXIES', '10.0.0.0/33', /has to be IP addresses or networks/],
    ['TRUSTED_PROXIES', '10.0.0.1, proxy.example', /has to be IP addresses or networks/],
    ['DATABASE_URL', 'mysql://packagento@db/packagento', /has to be a postgres:\/\/ URL/],
    ['STRIPE_SECRET_KEY', 'pk_test_1', /has to be a secret or restricted key of Stripe/],
    ['STRIPE_WEBHOOK_SECRET', 'secret', /begin with whsec_/],
    ['STRIPE_API_BASE', 'stand-in', /has to be a URL/],
    ['SECRETS_KEY', randomBytes(31).toString('base64'), /openssl rand -base64 32/],
    ['SECRETS_KEY', randomBytes(33).toString('base64'), /has to be 32 random bytes/],
    ['DEPLOYMENT', 'My Market', /has to be 1 to 20 of a-z, 0-9 and -/],
    ['DEPLOYMENT', 'a'.repeat(21), /has to be 1 to 20/],
    ['LOG_LEVEL', 'loud', /expected one of/],
    ['PLATFORM_FEE_PERCENT', 'all', /has to be a number from 0 to 100, of two decimals/],
    ['PLATFORM_FEE_PERCENT', '101', /has to be a number from 0 to 100, of two decimals/],
    ['PLATFORM_FEE_PERCENT', '-1', /has to be a number from 0 to 100, of two decimals/],
    ['PLATFORM_FEE_PERCENT', '1.001', /has to be a number from 0 to 100, of two decimals/],
    ['SELLER_NAME', 'a'.repeat(121), /at most 120/],
    ['SELLER_ADDRESS', ' ; ', /1 to 6 lines/],
    ['SELLER_VAT_ID', 'DE', /such as DE123456789/],
    ['SPENDING_CURRENCIES', 'euro', /has to be currencies such as EUR/],
    // with three decimals, so no amount of ours can be charged
    ['SELLING_CURRENCIES', 'EUR KWD', /in which we can settle/],
    ['SELLING_CURRENCIES', ' , ', /in which we can settle/],
    ['SPENDING_PER_PURCHASE', '500.50', /has to be a whole number/],
    ['SPENDING_PER_DAY', '-1', /has to be a whole number/],
    ['SPENDING_PER_MONTH', '100000000', /has to be a whole number/],
    ['SPENDING_PURCHASES_PER_HOUR', 'many', /has to be a whole number/],
  ] as const)('an invalid setting is refused in one line that names it: %s=%s', ([name, value, sentence]) => {
    const lines = refusals({ [name]: value })

    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${name} .*\\.$`))])
    expect(lines[0]).toMatch(sentence)
  })

  test('each of several invalid settings is refused in a line of its own', () => {
    const lines = refusals({ PORT: 'x', LOG_LEVEL: 'loud', DEPLOYMENT: 'My Market', STORAGE_DIR: '' })

    expect(lines.map((line) => line.split(' ')[0])).toEqual([
      'PORT',
      'DEPLOYMENT',
      'STORAGE_DIR',
      'LOG_LEVEL',
    ])
  })

  test('the value of an invalid setting is never shown', () => {
    const wrong = Object.fromEntries(SETTINGS.map((name) => [name, `http://LeAkEd:LeAkEd@${name}/ `]))

    const lines = refusals(wrong)

    expect(lines.length).toBeGreaterThan(8)
    expect(lines.join('\n')).not.toMatch(/leaked/i)
  })
})

describe('settings that contradict each other', () => {
  test.for(['http://market.example', 'http://10.0.0.1:3000', 'http://localhost.evil.example'])(
    'a public URL with plain http that is not on this machine is refused: %s',
    (PUBLIC_URL) => {
      expect(refusals({ PUBLIC_URL })).toEqual(['PUBLIC_URL has to be https, unless it is on this machine.'])
    },
  )

  test.for(['http://localhost:3000', 'http://127.0.0.2', 'http://[::1]:3000', 'https://market.example:8443'])(
    'a public URL with https or on this machine is accepted: %s',
    (PUBLIC_URL) => {
      expect(read({ PUBLIC_URL })).toMatchObject({ PUBLIC_URL })
    },
  )

  test.for(['sk_live_SeCrEt', 'rk_live_SeCrEt'])(
    'a live key with a Stripe stand-in is refused, and the key is not shown: %#',
    (STRIPE_SECRET_KEY) => {
      expect(refusals({ STRIPE_SECRET_KEY, STRIPE_API_BASE: 'http://127.0.0.1:12111' })).toEqual([
        'STRIPE_SECRET_KEY is a live key: a stand-in at STRIPE_API_BASE must never see one.',
      ])
    },
  )

  test('what is wrong and what contradicts is reported at once', () => {
    const env = {
      NODE_ENV: 'production',
      PORT: 'three',
      PUBLIC_URL: 'http://market.example',
      STRIPE_SECRET_KEY: 'sk_live_1',
      STRIPE_API_BASE: 'http://127.0.0.1:12111',
    }

    expect(refusals(env).map((line) => line.split(' ')[0])).toEqual([
      'PORT',
      'PUBLIC_URL',
      'STRIPE_SECRET_KEY',
      'STRIPE_WEBHOOK_SECRET',
      'STRIPE_API_BASE',
      'DEPLOYMENT',
    ])
  })
})

describe('.env.example', () => {
  test('.env.example names each setting once, and DATA_DIR', () => {
    const example = fs.readFileSync('.env.example', 'utf8')

    const named = [...example.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map(([, name = '']) => name)

    expect(named.sort()).toEqual([...SETTINGS, 'DATA_DIR'].sort())
  })
})
