import { createHash } from 'node:crypto'
import { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { KeyPair } from '#domain/projects'
import { type JsonAnswer, warning } from './answer.ts'

const FAILED_SIGN_INS = 60
const METADATA = 3_000
const DIST = 1_000
/** More than these many at once, and the one that came first is forgotten. */
const MOST_KEYS = 10_000

export interface Limits {
  /** What somebody is told who is over a limit already; asks nothing of anybody. */
  refusalOf: (request: FastifyRequest, keys: KeyPair | undefined, at: Date) => JsonAnswer | undefined
  countFailure: (request: FastifyRequest, keys: KeyPair | undefined, at: Date) => void
  /** Of keys that are right: nobody else can use up what a token may ask. */
  countUse: (request: FastifyRequest, keys: KeyPair, at: Date) => void
}

/** What one client may ask in a minute of the clock, in this process: docs/decisions/0010. */
export function registryLimits(): Limits {
  const failed = minuteCounter(FAILED_SIGN_INS)
  const metadata = minuteCounter(METADATA)
  const dist = minuteCounter(DIST)
  const usesOf = (request: FastifyRequest) =>
    request.routeOptions.url?.startsWith('/dist/') ? dist : metadata

  return {
    refusalOf(request, keys, at) {
      if (failed.isFull(caller(request, keys), at)) return tooMany(FAILED_SIGN_INS, 'failed sign-ins', at)
      if (!keys) return undefined
      const uses = usesOf(request)
      if (!uses.isFull(digestOf(keys), at)) return undefined
      return tooMany(uses.most, uses === dist ? 'downloads' : 'requests for metadata', at)
    },
    countFailure: (request, keys, at) => failed.add(caller(request, keys), at),
    countUse: (request, keys, at) => usesOf(request).add(digestOf(keys), at),
  }
}

const caller = ({ ip }: FastifyRequest, keys: KeyPair | undefined) =>
  `${normalizeIP(ip)} ${keys?.publicKey.slice(0, 64) ?? ''}`

const digestOf = ({ publicKey, privateKey }: KeyPair) =>
  createHash('sha256').update(`${publicKey}:${privateKey}`).digest('base64url')

/** Composer reads no Retry-After and does not try again; others do. */
const tooMany = (most: number, what: string, at: Date): JsonAnswer =>
  warning(429, `Too many requests: at most ${most} ${what} a minute. Go on in a minute.`, {
    headers: { 'retry-after': String(60 - at.getUTCSeconds()) },
  })

export interface MinuteCounter {
  most: number
  isFull: (key: string, at: Date) => boolean
  add: (key: string, at: Date) => void
}

/** Counts by key; each minute of the clock begins anew, so that nothing has to be swept. */
export function minuteCounter(most: number, mostKeys = MOST_KEYS): MinuteCounter {
  let minute = 0
  let counts = new Map<string, number>()

  function countsAt(at: Date): Map<string, number> {
    const now = Math.floor(at.getTime() / 60_000)
    if (now !== minute) counts = new Map()
    minute = now
    return counts
  }

  return {
    most,
    isFull: (key, at) => (countsAt(at).get(key) ?? 0) >= most,
    add(key, at) {
      const now = countsAt(at)
      const before = now.get(key)
      const [oldest] = now.keys()
      if (before === undefined && now.size >= mostKeys && oldest !== undefined) now.delete(oldest)
      now.set(key, (before ?? 0) + 1)
    },
  }
}
