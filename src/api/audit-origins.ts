import type { FastifyInstance } from 'fastify'
import { withOrigin } from '#domain/audit'
import { addressOf } from '#platform/network'

/**
 * Lets every audit event of a request keep the address and the program of its caller. Behind trusted proxies this is the
 * address that they report. Doors that audit nothing do not use it.
 */
export function auditOrigins(app: FastifyInstance): void {
  // uses a callback, because a promise for each request would cost more than the work here
  app.addHook('onRequest', (request, _, done) => {
    withOrigin(() => ({ address: addressOf(request), agent: request.headers['user-agent'] }), done)
  })
}
