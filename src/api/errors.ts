import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { asRefusal, DomainError, type Refusal, type RefusalKind } from '#kernel/errors'
import { isOutOfReach } from '#platform/database'
import type { Logger } from '#platform/logger'
import { html } from './customer-area/html.ts'
import { sendPage } from './customer-area/layout.ts'

/** The one table from what a refusal is about to a status. */
const STATUS: Record<RefusalKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  not_allowed: 403,
  not_found: 404,
  conflict: 409,
  refused: 422,
  rate_limited: 429,
  unavailable: 503,
}

/** While Postgres is away: no bug, and over without anybody's doing. */
class TemporarilyUnavailable extends DomainError {
  constructor() {
    super(
      'unavailable',
      'temporarily_unavailable',
      'The shop cannot answer right now.',
      'Try again in a minute.',
    )
  }
}

/** A refusal in its own words; anything else is logged once and told without details. */
export function answerError(
  thrown: FastifyError | DomainError,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Logger },
): FastifyReply {
  const isAway = isOutOfReach(thrown)
  if (isAway) log.warn({ err: thrown, request: request.id }, 'the database is out of reach')
  const error = isAway ? new TemporarilyUnavailable() : thrown
  const told = error instanceof DomainError ? asRefusal(error) : undefined
  const status = error instanceof DomainError ? STATUS[error.kind] : (error.statusCode ?? 500)
  if (!told && status >= 500) log.error({ err: error, request: request.id }, 'a request failed')
  const refusal = told ??
    expiredForm(error) ?? {
      code: status >= 500 ? 'internal_error' : 'bad_request',
      message: status >= 500 ? 'Something went wrong on our side.' : 'The request could not be read.',
      next_step:
        status >= 500 ? `Try again; if it stays, tell us ${request.id}.` : 'Correct it and try again.',
    }
  if (!request.headers.accept?.includes('text/html'))
    return reply.code(status).send({ error: { ...refusal, request_id: request.id } })
  const body = html`<h1>${refusal.message}</h1>
    <p>${refusal.next_step}</p>
    <p class="soft">Request ${request.id}</p>`
  return sendPage(reply, { title: 'Not done', body }, status)
}

/** The plugin's code in our words; most often somebody has signed in or out in another tab. */
function expiredForm({ code = '' }: { code?: string }): Refusal | undefined {
  if (!code.startsWith('FST_CSRF_')) return undefined
  return {
    code,
    message: 'This form is no longer valid.',
    next_step: 'Go back, load the page again and send it once more.',
  }
}
