import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { PresentedKeys } from '#domain/projects'
import { type Counter, counterOf } from '#platform/minute-counter'
import { type JsonAnswer, warning } from './answer.ts'

const FAILED_SIGN_INS = 60
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
  const limitsOf = (uses: Counter, what: string): Limits => ({
    refusalOf(request, keys, at) {
      const failureWait = failed.isEmpty() ? 0 : failed.wait(caller(request, keys), at)
      if (failureWait) return tooMany(FAILED_SIGN_INS, 'failed sign-ins', failureWait)
      const wait = keys ? uses.wait(keys.id, at) : 0
      return wait ? tooMany(uses.max, what, wait) : undefined
    },
    countFailure: (request, keys, at) => void failed.count(caller(request, keys), at),
    countUse: (keys, at) => void uses.count(keys.id, at),
  })
  return {
    metadata: limitsOf(counterOf(METADATA), 'requests for metadata'),
    zips: limitsOf(counterOf(DIST), 'downloads'),
  }
}

const caller = ({ ip }: FastifyRequest, keys: ClientKeys | undefined) =>
  `${ip.includes(':') ? normalizeIP(ip) : ip} ${keys?.publicKey.slice(0, 64) ?? ''}`

/** Composer ignores Retry-After and does not try again. Other clients do. */
const tooMany = (max: number, what: string, ms: number): JsonAnswer =>
  warning(429, `Too many requests: at most ${max} ${what} a minute. Go on in a minute.`, {
    headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
  })
