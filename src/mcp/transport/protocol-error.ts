import { ProtocolError, ProtocolErrorCode, type ServerContext } from '@modelcontextprotocol/server'
import type { Access } from '#domain/orgs'
import { DomainError } from '#kernel/errors'
import { asOutage } from '#platform/outages'
import type { Log } from '../call/audit-refusal.ts'
import { authorizedIn } from './request.ts'

/** The endpoint uses the same error code, for too many requests and for an outage. */
const LATER = -32000

export interface Failing {
  /** For the log, such as `a request for a task`. */
  what: string
  /** The message for a client about a refusal. */
  say: (refusal: DomainError) => string
  /** Audits a refusal by its code: in the chain of the org, else in that of the person. */
  refused: (method: string, code: string, org?: Access) => Promise<void>
  log: Log
}

/**
 * Runs a request that is no tool call. Every failure becomes an error of the protocol; a refusal is audited. `run` notes
 * the org of the request when it knows it.
 */
export async function orProtocolError<Result>(
  ctx: ServerContext,
  failing: Failing,
  run: (noteOrg: (org: Access) => void) => Promise<Result>,
): Promise<Result> {
  const { what, refused, log } = failing
  const { method } = ctx.mcpReq
  let org: Access | undefined
  try {
    return await run((found) => void (org = found))
  } catch (error) {
    const outage = asOutage(error)
    if (outage) log.warn({ err: outage.cause ?? outage, method }, `${what} met an outage`)
    else if (error instanceof DomainError && isAudited(error)) await refused(method, error.code, org)
    throw asProtocolError(outage ?? error, ctx, failing)
  }
}

/** Not audited: what is wrong in the request itself, and requests beyond the limit. */
const isAudited = ({ kind }: DomainError): boolean => kind !== 'rate_limited' && kind !== 'invalid'

/** The SDK sends the message of a thrown error to the client, so the message about a bug has no details. */
function asProtocolError(error: unknown, ctx: ServerContext, { what, say, log }: Failing): ProtocolError {
  if (error instanceof ProtocolError) return error
  const { InvalidParams, InternalError } = ProtocolErrorCode
  if (error instanceof DomainError)
    return error.retryAfterMs
      ? new ProtocolError(LATER, error.message, { retry_after_ms: error.retryAfterMs })
      : new ProtocolError(InvalidParams, say(error))
  const { requestId } = authorizedIn(ctx.http?.authInfo)
  log.error({ err: error, method: ctx.mcpReq.method, request: requestId }, `${what} failed`)
  return new ProtocolError(InternalError, `Something went wrong on our side (request ${requestId}).`)
}
