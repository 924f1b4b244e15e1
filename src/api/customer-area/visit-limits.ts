import type { FastifyInstance } from 'fastify'
import { counterOf } from '#platform/minute-counter'
import { countedNetworkOf } from '#platform/network'
import { refuseAfter } from '../limits.ts'
import { visitorOf } from './session.ts'

/** Pages and forms of one network. An office may share an address. */
const PAGES_A_MINUTE = 600
/** What one person may start, as an assistant may. */
const STARTS_A_MINUTE = 30

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route starts a workflow, wakes one, or opens a page at a provider. */
    isStart?: boolean
  }
}

/** The options of a route that starts something. */
export const START = { config: { isStart: true } } as const

/** Limits the requests of each network in this scope, before anything is read for them. */
export function limitPages(app: FastifyInstance, { now }: { now: () => Date }): void {
  const pages = counterOf(PAGES_A_MINUTE)
  app.addHook('onRequest', async (request, reply) => {
    refuseAfter(reply, pages.count(countedNetworkOf(request), now()))
  })
}

/** Limits what each signed-in person starts, in all their sessions together. */
export function limitStarts(app: FastifyInstance, { now }: { now: () => Date }): void {
  const starts = counterOf(STARTS_A_MINUTE)
  app.addHook('preHandler', async (request, reply) => {
    const session = request.routeOptions.config.isStart ? visitorOf(request) : undefined
    if (session) refuseAfter(reply, starts.count(session.customer, now()), 'Too much was started at once.')
  })
}
