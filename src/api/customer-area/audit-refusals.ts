import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { audit } from '#domain/audit'
import { DomainError } from '#kernel/errors'
import type { OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { isSafeMethod, visitorOf } from './session.ts'

interface Refused {
  org?: OrgId
  code?: string
  isAudited?: boolean
}

const refused = new WeakMap<FastifyRequest, Refused>()
const note = (request: FastifyRequest, what: Refused) => {
  refused.set(request, { ...refused.get(request), ...what })
}

/** Names the org whose chain gets the refusal of this request. Call it only for an org that the visitor belongs to. */
export const noteOrg = (request: FastifyRequest, { id }: { id: OrgId }): void => note(request, { org: id })

/** Notes the code of a refusal that a page catches to show its form again. */
export const noteCode = (request: FastifyRequest, code: string): void => note(request, { code })

/** For a page whose action audits its own refusals. */
export const auditsItself = (request: FastifyRequest): void => note(request, { isAudited: true })

/**
 * Audits each action of a signed-in visitor that a page of this scope refuses, before the answer is sent. The action is
 * the route, such as `POST /account/payment-methods`. Nothing is audited for a form that cannot be read, for too many
 * requests, and for a page that does not exist. When a refusal cannot be audited, an error is logged, and the answer
 * does not change.
 */
export function auditRefusals(app: FastifyInstance, { db, log }: { db: Db; log: Logger }): void {
  app.addHook('onError', async (request, _, error) => note(request, { code: codeOf(error) }))
  app.addHook('onSend', async (request, { statusCode }, payload) => {
    const session = visitorOf(request)
    const { org, code, isAudited } = refused.get(request) ?? {}
    if (!session || isAudited || !isRefusal(request, statusCode)) return payload
    note(request, { isAudited: true })
    await audit(db, {
      chain: org ? `org:${org}` : `customer:${session.customer}`,
      action: `${request.method} ${request.routeOptions.url ?? ''}`,
      outcome: statusCode >= 500 ? 'failed' : 'refused',
      customer: session.customer,
      org,
      code: code ?? `http_${statusCode}`,
      request: request.id,
    }).catch((err: unknown) => log.error({ err, request: request.id }, 'a refusal could not be audited'))
    return payload
  })
}

/** The code of a refusal, ours or of the form token. The code of a bug could be anything. */
const codeOf = (error: FastifyError): string =>
  error instanceof DomainError || error.code?.startsWith('FST_') ? error.code : 'internal_error'

/** A GET changes nothing, so only its refusals for a missing permission are audited. */
const isRefusal = (request: FastifyRequest, status: number): boolean =>
  isSafeMethod(request) ? status === 403 : status >= 401 && status !== 429
