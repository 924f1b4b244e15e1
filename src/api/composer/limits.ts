import type { FastifyRequest } from 'fastify'
import type { PresentedKeys } from '#domain/projects'
import { boundedMap } from '#platform/bounded-map'
import { type Counter, counterOf } from '#platform/minute-counter'
import { countedNetworkOf } from '#platform/network'
import { type JsonAnswer, warning } from './answer.ts'

const FAILED_SIGN_INS = 60
/** Other keys each time: of one network together. Each costs one look-up, and an office may have many old tokens. */
const FAILED_OF_NETWORK = 600
/** How many valid key pairs are remembered. They still work in a network that is over its limit. */
const MAX_VALID = 10_000
const METADATA = 3_000
const DIST = 1_000

/** The key pair of a request. */
export interface ClientKeys extends PresentedKeys {
  /** The hash of the private key as a text. So only a client that knows the private key counts against its token. */
  id: string
}

/** The limits of one route. */
export interface Limits {
  /** Returns the refusal for a client that is already over a limit. Runs no query. */
  refusalOf: (request: FastifyRequest, keys: ClientKeys | undefined, at: Date) => JsonAnswer | undefined
  countFailure: (request: FastifyRequest, keys: ClientKeys | undefined, at: Date) => void
  /** Counts a request with valid keys. So nobody else can use up the limit of a token. */
  countUse: (keys: ClientKeys, at: Date) => void
}

/**
 * Limits what one client may request per minute in this process: docs/decisions/0010. All metadata routes share one
 * limit and all zip routes another one. The limit of failed sign-ins is shared by all routes.
 */
export function registryLimits(): Record<'metadata' | 'zips', Limits> {
  const failed = counterOf(FAILED_SIGN_INS)
  const failedOfNetwork = counterOf(FAILED_OF_NETWORK)
  const valid = boundedMap<string, true>(MAX_VALID)
  function waitAfterFailures(request: FastifyRequest, keys: ClientKeys | undefined, at: Date) {
    const network = countedNetworkOf(request)
    const wait = failed.wait(caller(network, keys), at)
    if (wait || !keys || valid.has(keys.id)) return { wait, max: FAILED_SIGN_INS }
    return { wait: failedOfNetwork.wait(network, at), max: FAILED_OF_NETWORK }
  }
  const limitsOf = (uses: Counter, what: string): Limits => ({
    refusalOf(request, keys, at) {
      const failures = failed.isEmpty() ? undefined : waitAfterFailures(request, keys, at)
      if (failures?.wait) return tooMany(failures.max, 'failed sign-ins', failures.wait)
      const wait = keys ? uses.wait(keys.id, at) : 0
      return wait ? tooMany(uses.max, what, wait) : undefined
    },
    countFailure(request, keys, at) {
      const network = countedNetworkOf(request)
      failed.count(caller(network, keys), at)
      if (!keys) return
      failedOfNetwork.count(network, at)
      valid.delete(keys.id)
    },
    countUse(keys, at) {
      uses.count(keys.id, at)
      if (!valid.has(keys.id)) valid.set(keys.id, true)
    },
  })
  return {
    metadata: limitsOf(counterOf(METADATA), 'requests for metadata'),
    zips: limitsOf(counterOf(DIST), 'downloads'),
  }
}

const caller = (network: string, keys: ClientKeys | undefined) =>
  `${network} ${keys?.publicKey.slice(0, 64) ?? ''}`

/** Composer 2.11 and newer wait for Retry-After, at most a minute; older ones give up at once. */
function tooMany(max: number, what: string, ms: number): JsonAnswer {
  const seconds = Math.ceil(ms / 1000)
  const fact = `Too many requests: at most ${max} ${what} a minute.`
  const step = `Go on in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`
  return warning(429, fact, { step, headers: { 'retry-after': String(seconds) } })
}
