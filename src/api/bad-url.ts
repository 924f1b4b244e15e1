import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '#platform/logger'
import { answerFailure } from './composer/failure.ts'
import { answerError } from './errors.ts'

const REGISTRY = /^\/(r|dist|composer)(\/|$)/

/**
 * Answers a request that the router refuses before it has a route, such as a path that is not UTF-8. Our hooks and
 * error handlers do not run for it. The answer has the format of the door that the path belongs to, and the request
 * gets its id and log line.
 */
export const badUrlAnswer =
  (log: Logger) =>
  (error: FastifyError, request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('x-request-id', request.id)
    const { method, id } = request
    log.info({ request: id, method, route: 'no route', status: error.statusCode }, 'answered')
    if (REGISTRY.test(request.url)) void answerFailure(error, { request, reply, log })
    else answerError(error, { request, reply, log })
  }
