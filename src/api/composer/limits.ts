import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { PresentedKeys } from '#domain/projects'
import { counterOf } from '#platform/minute-counter'
import { type JsonAnswer, warning } from './answer.ts'

const FAILED_SIGN_INS = 60
const METADATA = 3_000
const DIST = 1_000

export interface Limits {
  /** What somebody is told who is over a limit already; asks nothing of anybody. */
  refusalOf: (request: FastifyRequest, keys: PresentedKeys | undefined, at: Date) => JsonAnswer | undefined
  countFailure: (request: FastifyRequest, keys: PresentedKeys | undefined, at: Date) => void
  /** Of keys that are right: nobody else can use up what a token may ask. */
  countUse: (request: FastifyRequest, keys: PresentedKeys, at: Date) => void
}

/** What one client may ask in a minute, in this process: docs/decisions/0010. */
export function registryLimits(): Limits {
  const failed = counterOf(FAILED_SIGN_INS)
  const metadata = counterOf(METADATA)
  const dist = counterOf(DIST)
  const usesOf = (request: FastifyRequest) =>
    request.routeOptions.url?.startsWith('/dist/') ? dist : metadata

  return {
    refusalOf(request, keys, at) {
      const away = failed.wait(caller(request, keys), at)
      if (away) return tooMany(FAILED_SIGN_INS, 'failed sign-ins', away)
      if (!keys) return undefined
      const uses = usesOf(request)
      const wait = uses.wait(keyOf(keys), at)
      return wait ? tooMany(uses.max, uses === dist ? 'downloads' : 'requests for metadata', wait) : undefined
    },
    countFailure: (request, keys, at) => void failed.count(caller(request, keys), at),
    countUse: (request, keys, at) => void usesOf(request).count(keyOf(keys), at),
  }
}

const caller = ({ ip }: FastifyRequest, keys: PresentedKeys | undefined) =>
  `${normalizeIP(ip)} ${keys?.publicKey.slice(0, 64) ?? ''}`

/** Who does not know the private key cannot count for its token. */
const keyOf = ({ privateKeyHash }: PresentedKeys) => privateKeyHash.toString('base64url')

/** Composer reads no Retry-After and does not try again; others do. */
const tooMany = (most: number, what: string, ms: number): JsonAnswer =>
  warning(429, `Too many requests: at most ${most} ${what} a minute. Go on in a minute.`, {
    headers: { 'retry-after': String(Math.ceil(ms / 1000)) },
  })
