import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { PresentedKeys } from '#domain/projects'
import { counterOf } from '#platform/minute-counter'
import { type JsonAnswer, warning } from './answer.ts'

const FAILED_SIGN_INS = 60
const METADATA = 3_000
const DIST = 1_000

/** The key pair of a request. */
export interface ClientKeys extends PresentedKeys {
  /** The hash of the private key as a text. So only a client that knows the private key counts against its token. */
  id: string
}

export interface Limits {
  /** Returns the refusal for a client that is already over a limit. Runs no query. */
  refusalOf: (request: FastifyRequest, keys: ClientKeys | undefined, at: Date) => JsonAnswer | undefined
  countFailure: (request: FastifyRequest, keys: ClientKeys | undefined, at: Date) => void
  /** Counts a request with valid keys. So nobody else can use up the limit of a token. */
  countUse: (request: FastifyRequest, keys: ClientKeys, at: Date) => void
}

/** Limits what one client may request per minute in this process: docs/decisions/0010. */
export function registryLimits(): Limits {
  const failed = counterOf(FAILED_SIGN_INS)
  const metadata = counterOf(METADATA)
  const dist = counterOf(DIST)
  const usesOf = (request: FastifyRequest) =>
    request.routeOptions.url?.startsWith('/dist/') ? dist : metadata

  return {
    refusalOf(request, keys, at) {
      const failureWait = failed.wait(caller(request, keys), at)
      if (failureWait) return tooMany(FAILED_SIGN_INS, 'failed sign-ins', failureWait)
      if (!keys) return undefined
      const uses = usesOf(request)
      const wait = uses.wait(keys.id, at)
      return wait ? tooMany(uses.max, uses === dist ? 'downloads' : 'requests for metadata', wait) : undefined
    },
    countFailure: (request, keys, at) => void failed.count(caller(request, keys), at),
    countUse: (request, keys, at) => void usesOf(request).count(keys.id, at),
  }
}

const caller = ({ ip }: FastifyRequest, keys: ClientKeys | undefined) =>
  `${ip.includes(':') ? normalizeIP(ip) : ip} ${keys?.publicKey.slice(0, 64) ?? ''}`

/** Composer ignores Retry-After and does not try again. Other clients do. */
const tooMany = (max: number, what: string, ms: number): JsonAnswer =>
  warning(429, `Too many requests: at most ${max} ${what} a minute. Go on in a minute.`, {
    headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
  })
