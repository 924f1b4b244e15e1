import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from './logger.ts'

const details = new WeakMap<FastifyRequest, Record<string, unknown>>()

/** Adds to the one line that a request leaves: ids and names, nothing that a caller keeps secret. */
export function noteOnRequest(request: FastifyRequest, more: Record<string, unknown>): void {
  details.set(request, { ...details.get(request), ...more })
}

/** Every answer names its request, and every end is one line: the route, never the URL or its query. */
export function logRequests(app: FastifyInstance, log: Logger): void {
  // with callbacks: a promise for each hook and request costs more than what these do
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        request: request.id,
        method: request.method,
        route: request.routeOptions.url ?? 'no route',
        ...details.get(request),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      'answered',
    )
    done()
  })
}
