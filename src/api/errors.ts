import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError, type RefusalKind } from '#kernel/errors'
import type { Logger } from '#platform/logger'
import { asOutage, TRY_AGAIN_AFTER_S } from '#platform/outages'
import { html } from './customer-area/html.ts'
import { sendPage } from './customer-area/layout.ts'
import type { NextStep } from './customer-area/next-step.ts'
import { nextStepAfter, shownStep } from './customer-area/next-steps.ts'
import { roleRefusal } from './customer-area/role-refusals.ts'
import { orgsOfVisitor } from './customer-area/visitor-orgs.ts'

/** The only table from a refusal's kind to an HTTP status. */
const STATUS: Record<RefusalKind, number> = {
  invalid: 400,
  unauthenticated: 401,
  not_allowed: 403,
  not_found: 404,
  conflict: 409,
  refused: 422,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
}

/** The answer to a request that failed. */
interface FailureAnswer {
  status: number
  code: string
  message: string
  step: NextStep
  /** When the message explains it and does not name it. */
  heading?: string
}

/** Answers a refusal with its message and the next step. Any other error is logged once and answered without details. */
export function answerError(
  thrown: FastifyError | DomainError,
  { request, reply, log }: { request: FastifyRequest; reply: FastifyReply; log: Logger },
): FastifyReply {
  const outage = asOutage(thrown)
  if (outage) {
    log.warn({ err: outage.cause ?? outage, request: request.id }, 'a request met an outage')
    reply.header('retry-after', TRY_AGAIN_AFTER_S)
  }
  const error = outage ?? thrown
  const refusal = refused(error)
  const { status, code, message, step, heading } =
    refusal ?? expiredForm(error) ?? unforeseen(error, request.id)
  if (refusal ? status === 500 : status >= 500)
    log.error({ err: error, request: request.id }, 'a request failed')
  if (!request.headers.accept?.includes('text/html'))
    return reply.code(status).send({ error: { code, message, next_step: step.text, request_id: request.id } })
  const body = html`<p>${shownStep(step)}</p>
    <p class="small">Request ${request.id}</p>`
  const words =
    heading === undefined
      ? { title: 'Not done', heading: message }
      : { title: heading, heading, lead: personalMessage(error, request) ?? message }
  return sendPage(reply, { ...words, breadcrumb: [], body }, status)
}

/** What the refusal of a role says to a person, with the name of the org if it is one of theirs. */
const personalMessage = (error: FastifyError | DomainError, request: FastifyRequest): string | undefined =>
  error instanceof DomainError
    ? roleRefusal(error, (slug) => orgsOfVisitor(request).orgs.find((org) => org.slug === slug)?.name ?? slug)
    : undefined

/** Returns undefined for a code that has no next step, because that is a bug. */
function refused(error: FastifyError | DomainError): FailureAnswer | undefined {
  const step = error instanceof DomainError ? nextStepAfter(error) : undefined
  if (!step || !(error instanceof DomainError)) return undefined
  const { kind, code, message } = error
  const heading = code === 'not_allowed' ? { heading: 'You may not do this' } : {}
  return { status: STATUS[kind], code, message, step, ...heading }
}

/** Translates an error of the CSRF plugin. Its most frequent cause is a sign-in or sign-out in another tab. */
function expiredForm({
  code,
  statusCode = 403,
}: {
  code?: string
  statusCode?: number
}): FailureAnswer | undefined {
  if (!code?.startsWith('FST_CSRF_')) return undefined
  const step = { text: 'Go back, load the page again and send it once more.' }
  return { status: statusCode, code, message: 'This form is no longer valid.', step }
}

/** A request that the HTTP layer refused, or a bug. */
function unforeseen(error: FastifyError | DomainError, requestId: string): FailureAnswer {
  const status = ('statusCode' in error ? error.statusCode : undefined) ?? 500
  if (status < 500) {
    const step = { text: 'Correct it and try again.' }
    return { status, code: 'bad_request', message: 'The request could not be read.', step }
  }
  const step = { text: `Try again. If it fails again, report ${requestId}.` }
  return { status, code: 'internal_error', message: 'Something went wrong on our side.', step }
}
