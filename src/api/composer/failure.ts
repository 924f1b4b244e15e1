import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '#platform/logger'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'
import { send, warning } from './answer.ts'

/**
 * Answers an error, and never with 404: after a 404, Composer drops its cache or takes the package of another
 * repository. The status is 503 while the database is unreachable, 500 with the request's id for a bug, or a 4xx of
 * Fastify.
 */
export async function answerFailure(
  error: unknown,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Logger },
): Promise<FastifyReply> {
  const { statusCode = 500, code = '' } = error as { statusCode?: number; code?: string }
  // errors of the storage or the database may have a status, too, but they are not the client's fault
  const isOfClient = String(code).startsWith('FST_') || request.raw.aborted
  if (isOfClient && statusCode >= 400 && statusCode < 500 && statusCode !== 404)
    return send(request, reply, warning(statusCode, 'This request is not one that Composer makes.'))
  if (asOutage(error) && !request.raw.aborted) {
    log.warn({ err: error, request_id: request.id }, 'the registry cannot reach its database')
    const fact = 'The registry cannot answer right now. Try again in a minute.'
    const headers = { 'retry-after': String(TRY_AGAIN_AFTER_S) }
    return send(request, reply, warning(503, fact, { headers }))
  }
  log.error({ err: error, request_id: request.id }, 'the registry answered 500')
  return send(request, reply, warning(500, `Something went wrong on our side (request ${request.id}).`))
}
