import path from 'node:path'
import { type GitHostSettings, gitHostsSetting, isOnThisMachine } from './git-hosts/settings.ts'

/** Settings as texts. What is not set is absent. */
type Given = Readonly<Record<string, string | undefined>>

/** Why a setting is refused. The path begins with its name; the message never shows a value. */
interface Unsafe {
  path: [string]
  message: string
}

type Rule = (given: Given) => string | false | undefined

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** The only user of the sandbox's mailbox. Production refuses it, so that it cannot use the mailbox by mistake. */
const SANDBOX_MAILBOX = 'sandbox-mailbox'
/** As in .env.example and in guides, and words that people try first. */
const KNOWN =
  /not[-_]an?[-_]|change[-_]?me|example|^(password|postgres|secret|packagento|admin|root|test)\d*$/i
const SHORTEST_SECRET = 16

const isLive = (key = '') => /^(sk|rk)_live_/.test(key)
const isProduction = ({ NODE_ENV }: Given) => NODE_ENV === 'production'
/** Production with real money and real people. */
const isEarnest = (given: Given) => isProduction(given) && given['STAGING'] !== 'on'

/**
 * Settings that are valid on their own but unsafe: missing or weak in production, a stand-in there, or in contradiction
 * to another setting. At most one reason for each, in no order.
 */
export function unsafeSettings(given: Given): Unsafe[] {
  return Object.entries(RULES).flatMap(([name, rules]) => {
    const message = [...rules, isRepeated(name)].map((rule) => rule(given)).find(Boolean)
    return message ? [{ path: [name], message }] : []
  })
}

const RULES: Record<string, readonly Rule[]> = {
  PUBLIC_URL: [
    (given) =>
      isProduction(given) &&
      !given['PUBLIC_URL'] &&
      'has to be set in production: the origin that people see',
    (given) => isProduction(given) && isHttp(given['PUBLIC_URL']) && 'has to be https in production',
    (given) =>
      isEarnest(given) &&
      isHere(given['PUBLIC_URL']) &&
      'is on this machine: people need an address that they can reach',
    ({ PUBLIC_URL }) =>
      isHttp(PUBLIC_URL) && !isHere(PUBLIC_URL) && 'has to be https, unless it is on this machine',
  ],
  TRUSTED_PROXIES: [
    (given) =>
      isProduction(given) &&
      listed(given['TRUSTED_PROXIES']).some((network) => /\/0+$/.test(network)) &&
      'trusts every address, so anybody could choose the one that limits count: name your proxies',
  ],
  DATABASE_URL: [
    (given) =>
      isProduction(given) &&
      isWeak(passwordIn(given['DATABASE_URL'])) &&
      'has a password that is short or known: openssl rand -hex 32',
  ],
  STRIPE_SECRET_KEY: [
    ({ STRIPE_API_BASE, STRIPE_SECRET_KEY }) =>
      STRIPE_API_BASE &&
      isLive(STRIPE_SECRET_KEY) &&
      'is a live key: a stand-in at STRIPE_API_BASE must never see one',
    (given) =>
      isLive(given['STRIPE_SECRET_KEY']) &&
      !isEarnest(given) &&
      'is a live key: it needs NODE_ENV=production without STAGING, whose checks protect real money',
    (given) =>
      isEarnest(given) &&
      !isLive(given['STRIPE_SECRET_KEY']) &&
      'is a test key, so no money would move: take the live key, or set STAGING=on for a rehearsal',
    (given) =>
      isEarnest(given) &&
      isWeak(given['STRIPE_SECRET_KEY'], 24) &&
      'is too short: copy the whole key from Stripe',
  ],
  STRIPE_WEBHOOK_SECRET: [
    (given) =>
      isProduction(given) &&
      !given['STRIPE_WEBHOOK_SECRET'] &&
      'has to be set in production: it proves that an event comes from Stripe',
    (given) =>
      isProduction(given) &&
      listed(given['STRIPE_WEBHOOK_SECRET']).some((secret) => isWeak(secret.replace('whsec_', ''))) &&
      'is short or known: copy the whole secret from Stripe',
  ],
  STRIPE_API_BASE: [
    (given) =>
      isEarnest(given) &&
      given['STRIPE_API_BASE'] &&
      'points at a stand-in: remove it, or set STAGING=on for a rehearsal',
  ],
  SECRETS_KEY: [
    (given) =>
      isProduction(given) && !isRandom(given['SECRETS_KEY']) && 'is not random: openssl rand -base64 32',
  ],
  SECRETS_KEY_OLD: [],
  GIT_HOSTS: [
    (given) =>
      isEarnest(given) &&
      gitHostsIn(given).some(isOnThisMachine) &&
      'names a host on this machine: that is a stand-in, so remove it in production',
    (given) =>
      isProduction(given) &&
      gitHostsIn(given).some((host) => !isOnThisMachine(host) && isWeak(host.client_secret)) &&
      'has a client_secret that is short or known: copy the whole secret from the host',
  ],
  DEPLOYMENT: [
    (given) =>
      isProduction(given) &&
      ['sandbox', undefined].includes(given['DEPLOYMENT']) &&
      'has to be set in production: each deployment needs its own name',
  ],
  STORAGE_DIR: [
    (given) =>
      isProduction(given) &&
      !path.isAbsolute(given['STORAGE_DIR'] ?? '') &&
      'has to be an absolute path in production: zips must not depend on where a process starts',
  ],
  SMTP_URL: [
    (given) =>
      isEarnest(given) &&
      URL.parse(given['SMTP_URL'] ?? '')?.username === SANDBOX_MAILBOX &&
      'points at the mailbox of the sandbox: name a real mail server in production',
  ],
  SELLER_NAME: [
    (given) =>
      isProduction(given) &&
      !given['SELLER_NAME'] &&
      'has to be set in production: the legal name of who sells stands on every invoice',
  ],
  SELLER_ADDRESS: [
    (given) =>
      isProduction(given) &&
      !given['SELLER_ADDRESS'] &&
      'has to be set in production: the address of who sells stands on every invoice',
  ],
  WORKFLOW_BUNDLE: [
    (given) =>
      isProduction(given) &&
      !given['WORKFLOW_BUNDLE'] &&
      'has to be set in production: the workflows of this build, made by npm run workflows:bundle',
  ],
  WORKER_QUEUES: [
    (given) =>
      isProduction(given) &&
      listed(given['WORKER_QUEUES']).length !== 1 &&
      'has to name one queue in production: what reads repositories of strangers must not have the key of Stripe',
  ],
}

/** In production, no two settings have the same secret. Of two, the later one is refused. */
const isRepeated =
  (name: string): Rule =>
  (given) => {
    if (!isProduction(given)) return false
    const secrets = secretsIn(given)
    const own = secrets.filter((each) => each.name === name).map(({ secret }) => secret)
    const first = secrets
      .slice(
        0,
        secrets.findIndex((each) => each.name === name),
      )
      .find(({ secret }) => own.includes(secret))
    return first && `has the same secret as ${first.name}: each needs its own`
  }

function secretsIn(given: Given): { name: string; secret: string }[] {
  const all = {
    SECRETS_KEY: listed(given['SECRETS_KEY']),
    SECRETS_KEY_OLD: listed(given['SECRETS_KEY_OLD']),
    DATABASE_URL: [passwordIn(given['DATABASE_URL'])],
    STRIPE_SECRET_KEY: listed(given['STRIPE_SECRET_KEY']),
    STRIPE_WEBHOOK_SECRET: listed(given['STRIPE_WEBHOOK_SECRET']),
    GIT_HOSTS: gitHostsIn(given).map(({ client_secret }) => client_secret),
    SMTP_URL: [passwordIn(given['SMTP_URL'])],
  }
  return Object.entries(all).flatMap(([name, secrets]) =>
    secrets.flatMap((secret) => (secret ? [{ name, secret }] : [])),
  )
}

/** A URL without a password is not weak: its server knows us by our socket or certificate. */
const isWeak = (secret: string | undefined, shortest = SHORTEST_SECRET) =>
  secret !== undefined && (secret.length < shortest || KNOWN.test(secret))

/** A text in base64 or a repeated pattern is not random. 32 random bytes have about 30 different values. */
function isRandom(key = ''): boolean {
  const bytes = Buffer.from(key, 'base64')
  return new Set(bytes).size >= 20 && bytes.some((byte) => byte < 0x20 || byte > 0x7e)
}

/** By its form and not as a URL: Postgres also takes one without a host. */
const passwordIn = (url = ''): string | undefined =>
  /^\w+:\/\/[^/?#@:]*:([^/?#@]+)@/.exec(url)?.[1] ?? /[?&]password=([^&#]+)/.exec(url)?.[1]

const listed = (list = ''): string[] => list.split(/[\s,]+/).filter(Boolean)

const gitHostsIn = ({ GIT_HOSTS = '[]' }: Given): readonly GitHostSettings[] =>
  gitHostsSetting.safeParse(GIT_HOSTS).data ?? []

const isHttp = (url = ''): boolean => URL.parse(url)?.protocol === 'http:'
const isHere = (url = ''): boolean => LOOPBACK.test(URL.parse(url)?.hostname ?? '')
