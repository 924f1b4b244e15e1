import { DomainError } from '#kernel/errors'
import { type Access, accessTo, ActiveOrgLost, assertMayUse } from '#domain/orgs'
import type { Counter } from '#platform/minute-counter'
import { asOutage } from '#platform/outages'
import { handleOf } from '../operations/handle.ts'
import { createdResult } from '../operations/result.ts'
import { callStory, type OperationClient } from '../operations/story-call.ts'
import { auditRefusal, type Log } from './audit-refusal.ts'
import type { ToolNotServedHere, TooManyCalls } from './errors.ts'
import { countWithin } from './rate-limit.ts'
import { internalError, parseInput, refusalOf, type ToolError } from './refusal.ts'
import { checkedResult, errorResult, type ToolResult } from './result.ts'
import type { Format } from './shape.ts'
import { type Context, isAboutOneOrg, needOf, type OrgContext, type Tool } from './tool.ts'

interface Surroundings<Other> {
  client: OperationClient<Other>
  /** Counts the calls of this connection that start or create something. */
  starts: Counter
  /** When present, the call is refused before its input is parsed. */
  refusal: TooManyCalls | ToolNotServedHere | undefined
  log: Log
}

/**
 * Handles every call of every tool: parses the input, finds the org, checks the role, runs the tool, renders the
 * result. Refusals are audited and reported. Any other error is a bug: logged once, and reported without details,
 * because a model may read them.
 */
export async function call<Other>(
  tool: Tool,
  input: unknown,
  context: Context,
  { client, starts, refusal: early, log }: Surroundings<Other>,
): Promise<ToolResult | Other> {
  const since = performance.now()
  let org: Access | undefined
  try {
    if (early) throw early
    const parsed = parseInput(tool.input, input)
    if (isAboutOneOrg(tool)) {
      org = await orgOfCall(context, parsed.org)
      assertMayUse(org, needOf(tool))
    }
    if (isStart(tool)) countWithin(starts, context.caller.connection, context.at)
    // a tool without `org` in its input cannot use it, and one without `guests` never gets a guest's: by their types
    const whole = { ...context, org } as OrgContext
    return await run(tool, parsed, whole, { client, since })
  } catch (error) {
    const outage = asOutage(error)
    if (outage) log.warn({ err: outage.cause ?? outage, tool: tool.name, request: context.requestId }, OUTAGE)
    const refusal = refusalOf(outage ?? error)
    if (!refusal || isInternal(error))
      log.error({ err: error, tool: tool.name, request: context.requestId }, 'a tool failed')
    const reported = refusal ?? internalError(context.requestId)
    if (!outage && isAudited(tool, reported))
      await auditRefusal(tool, context, { org, code: reported.code, log })
    return errorResult(reported)
  }
}

const isInternal = (error: unknown): boolean => error instanceof DomainError && error.kind === 'internal'

const OUTAGE = 'a tool met an outage'

/** True when a call starts an operation or creates something. */
const isStart = ({ kind }: Tool): boolean => kind === 'story' || kind === 'creation'

/** Runs a tool and renders what its kind returns. */
async function run<Other>(
  tool: Tool,
  input: Record<string, unknown>,
  context: OrgContext,
  waiting: { client: OperationClient<Other>; since: number },
): Promise<ToolResult | Other> {
  switch (tool.kind) {
    case 'read':
    case 'action':
      return checkedResult(tool, await tool.run(input, context), {
        format: input.response_format as Format | undefined,
      })
    case 'creation':
      return checkedResult(tool, await createdResult(context, await tool.run(input, context)))
    case 'story':
      return callStory(tool, input, context, waiting)
    case 'operation':
      return checkedResult(tool, await handleOf(context, { operation: await tool.run(input, context) }))
  }
}

/** Returns the org that a call or a prompt names, or else the active one. Reads the access on every call. */
export async function orgOfCall({ db, caller, activeOrg }: Context, ref: unknown): Promise<Access> {
  if (typeof ref === 'string') return accessTo(db, caller.customer, ref)
  if (!activeOrg) throw new ActiveOrgLost()
  return activeOrg
}

/**
 * Invalid input and calls beyond the limit are not audited, and an outage is not, because the audit log needs the
 * database, too. A bug is audited when the tool might have changed something.
 */
const isAudited = ({ hints }: Tool, { code }: ToolError): boolean =>
  !NOT_AUDITED.has(code) && !(code === 'internal_error' && hints.readOnly)

const NOT_AUDITED = new Set(['idempotency_key_malformed', 'invalid_input', 'quote_malformed', 'rate_limited'])
