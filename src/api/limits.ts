import type { FastifyReply } from 'fastify'
import { CodedError } from '#kernel/errors'
import { countedNetworkOf } from '#platform/network'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS

export class TooManyRequests extends CodedError<'temporarily_unavailable'> {
  constructor(seconds: number, fact = 'Too many requests came from your network.') {
    const about = { params: { wait: `${seconds} seconds` } }
    super('rate_limited', 'temporarily_unavailable', fact, about)
  }
}

/** The settings of a route that answers `max` requests of a network within `timeWindow` ms. */
export const limited = (max: number, timeWindow: number) => ({
  max,
  timeWindow,
  keyGenerator: countedNetworkOf,
  errorResponseBuilder: (_: unknown, { ttl }: { ttl: number }) => new TooManyRequests(Math.ceil(ttl / 1000)),
})

/** Refuses a request that came too early by `ms`; 0 refuses nothing. */
export function refuseAfter(reply: FastifyReply, ms: number, fact?: string): void {
  if (!ms) return
  const seconds = Math.ceil(ms / 1000)
  reply.header('retry-after', seconds)
  throw new TooManyRequests(seconds, fact)
}
