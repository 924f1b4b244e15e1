import type { FastifyInstance } from 'fastify'
import { counterOf } from '#platform/minute-counter'
import { countedNetworkOf } from '#platform/network'
import { refuseAfter } from '../limits.ts'

/** Generous, because a provider sends from few addresses, and many deliveries may be under way at once. */
const UNVERIFIED_A_MINUTE = 600

/**
 * Limits what each network may send to this scope without a valid signature. A delivery counts when it comes, before its
 * body is read, and no longer when it was accepted.
 */
export function limitUnverified(app: FastifyInstance, { now }: { now: () => Date }): void {
  const unverified = counterOf(UNVERIFIED_A_MINUTE)
  app.addHook('onRequest', async (request, reply) => {
    refuseAfter(reply, unverified.count(countedNetworkOf(request), now()))
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    if (statusCode < 400) unverified.count(countedNetworkOf(request), now(), -1)
  })
}
