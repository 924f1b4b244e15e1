import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '#platform/logger'
import { answerFailure } from './composer/failure.ts'
import { answerError } from './errors.ts'

const REGISTRY = /^\/(r|dist|composer)(\/|$)/

/**
 * What the router refuses before it knows a route, such as a path that is not UTF-8: no hook and no error handler of
 * ours runs then. Answers as the door does that the path leads to, with the id and the line that every request has.
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
