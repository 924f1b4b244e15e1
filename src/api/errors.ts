import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { CodedError, DomainError, type RefusalKind } from '#kernel/errors'
import { isOutOfReach } from '#platform/database'
import type { Logger } from '#platform/logger'
import { html } from './customer-area/html.ts'
import { sendPage } from './customer-area/layout.ts'
import { type NextStep, nextStepAfter, shownStep } from './customer-area/next-steps.ts'

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
class TemporarilyUnavailable extends CodedError<'temporarily_unavailable'> {
  constructor() {
    super('unavailable', 'temporarily_unavailable', 'The shop cannot answer right now.', {
      params: { wait: 'a minute' },
    })
  }
}

/** What a request is answered that did not do what it should. */
interface Answered {
  status: number
  code: string
  message: string
  step: NextStep
}

/** A refusal in its own words and what to do next; anything else is logged once and answered without details. */
export function answerError(
  thrown: FastifyError | DomainError,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Logger },
): FastifyReply {
  const isAway = isOutOfReach(thrown)
  if (isAway) log.warn({ err: thrown, request: request.id }, 'the database is out of reach')
  const error = isAway ? new TemporarilyUnavailable() : thrown
  const refusal = refused(error)
  const { status, code, message, step } = refusal ?? expiredForm(error) ?? unforeseen(error, request.id)
  if (!refusal && status >= 500) log.error({ err: error, request: request.id }, 'a request failed')
  if (!request.headers.accept?.includes('text/html'))
    return reply.code(status).send({ error: { code, message, next_step: step.text, request_id: request.id } })
  const body = html`<h1>${message}</h1>
    <p>${shownStep(step)}</p>
    <p class="soft">Request ${request.id}</p>`
  return sendPage(reply, { title: 'Not done', body }, status)
}

/** A code without an entry in the table of next steps is a bug. */
function refused(error: FastifyError | DomainError): Answered | undefined {
  const step = error instanceof DomainError ? nextStepAfter(error) : undefined
  if (!step || !(error instanceof DomainError)) return undefined
  const { kind, code, message } = error
  return { status: STATUS[kind], code, message, step }
}
/** The plugin's code in our words; most often somebody has signed in or out in another tab. */
function expiredForm({
  code,
  statusCode = 403,
}: {
  code?: string
  statusCode?: number
}): Answered | undefined {
  if (!code?.startsWith('FST_CSRF_')) return undefined
  const step = { text: 'Go back, load the page again and send it once more.' }
  return { status: statusCode, code, message: 'This form is no longer valid.', step }
}

/** A request that the HTTP layer refuses, or a bug. */
function unforeseen(error: FastifyError | DomainError, requestId: string): Answered {
  const status = ('statusCode' in error ? error.statusCode : undefined) ?? 500
  if (status < 500) {
    const step = { text: 'Correct it and try again.' }
    return { status, code: 'bad_request', message: 'The request could not be read.', step }
  }
  const step = { text: `Try again; if it stays, tell us ${requestId}.` }
  return { status, code: 'internal_error', message: 'Something went wrong on our side.', step }
}
