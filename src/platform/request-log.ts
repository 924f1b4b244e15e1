import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from './logger.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for a route that clients call very often: its good answers are logged at level debug only. */
    isFrequent?: boolean
  }
}

const details = new WeakMap<FastifyRequest, Record<string, unknown>>()

/** Adds fields to the log line of a request. Add ids and names only, nothing secret. */
export function noteOnRequest(request: FastifyRequest, more: Record<string, unknown>): void {
  details.set(request, { ...details.get(request), ...more })
}

/** Sends the request's id in every response, and logs one line per request: the route, never the URL or its query. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  // uses callbacks, because a promise for each hook and request would cost more than the work here
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const { config, url = 'no route' } = request.routeOptions
    const level = config.isFrequent && reply.statusCode < 400 ? 'debug' : 'info'
    if (log.isLevelEnabled(level))
      log[level](
        {
          request: request.id,
          method: request.method,
          route: url,
          ...details.get(request),
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime),
        },
        'answered',
      )
    done()
  })
}
