import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from './logger.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** True for a route that clients call very often: its good answers are logged at level debug only. */
    isFrequent?: boolean
  }
  interface FastifyRequest {
    /** In ms of `performance.now()`. */
    startedAt: number
  }
}

const details = new WeakMap<FastifyRequest, Record<string, unknown>>()

/** Adds fields to the log line of a request. Add ids and names only, nothing secret. */
export function noteOnRequest(request: FastifyRequest, more: Record<string, unknown>): void {
  details.set(request, { ...details.get(request), ...more })
}

/**
 * Sends the request's id in every response, and logs one line per request: the route, never the URL or its query. The
 * line of a frequent route is written before its response is sent: to wait for the end would cost a tenth of the whole
 * request.
 */
export function logRequests(app: FastifyInstance, log: Logger): void {
  app.decorateRequest('startedAt', 0)
  // uses callbacks, because a promise for each hook and request would cost more than the work here
  app.addHook('onRequest', (request, reply, done) => {
    request.startedAt = performance.now()
    reply.header('x-request-id', request.id)
    if (request.is404) reply.raw.once('finish', () => logAnswer(log, request, reply))
    done()
  })
  // not a hook of all routes: with one, Fastify listens to the end of every response
  app.addHook('onRoute', (route) => {
    if (route.config?.isFrequent)
      route.onSend = [
        ...[route.onSend ?? []].flat(),
        (request, reply, payload, done) => {
          if (reply.statusCode >= 400 || log.isLevelEnabled('debug')) logAnswer(log, request, reply)
          done(null, payload)
        },
      ]
    else
      route.onResponse = [
        ...[route.onResponse ?? []].flat(),
        (request, reply, done) => {
          logAnswer(log, request, reply)
          done()
        },
      ]
  })
}

function logAnswer(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { config, url = 'no route' } = request.routeOptions
  const level = config.isFrequent && reply.statusCode < 400 ? 'debug' : 'info'
  if (!log.isLevelEnabled(level)) return
  log[level](
    {
      request: request.id,
      method: request.method,
      route: url,
      ...details.get(request),
      status: reply.statusCode,
      ms: Math.round(performance.now() - request.startedAt),
    },
    'answered',
  )
}
