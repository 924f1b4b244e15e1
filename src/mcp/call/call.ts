import { ActiveOrgLost, assertMay, orgForCustomer, type OrgAccess } from '#domain/orgs'
import type { Counter } from '#platform/minute-counter'
import { handleOf } from '../operations/handle.ts'
import { createdResult } from '../operations/result.ts'
import { callStory, type OperationClient } from '../operations/story-call.ts'
import { auditRefusal, type Log } from './audit-refusal.ts'
import type { TooManyCalls } from './errors.ts'
import { countWithin } from './rate-limit.ts'
import { internalError, parseInput, refusalOf, type ToolError } from './refusal.ts'
import { checkedResult, errorResult, type ToolResult } from './result.ts'
import type { Format } from './shape.ts'
import { type Context, isAboutOneOrg, type OrgContext, type Tool } from './tool.ts'

interface Surroundings<Other> {
  client: OperationClient<Other>
  /** Calls of this connection that start or create something. */
  starts: Counter
  /** Refuses before the input is looked at. */
  tooMany: TooManyCalls | undefined
  log: Log
}

/**
 * Every call of every tool: parse, find the org, ask the role, run, render. Refusals are audited and reported; anything
 * else is a bug, logged once and reported without details, because the SDK shows a model what is thrown.
 */
export async function call<Other>(
  tool: Tool,
  input: unknown,
  context: Context,
  { client, starts, tooMany, log }: Surroundings<Other>,
): Promise<ToolResult | Other> {
  const since = performance.now()
  let org: OrgAccess | undefined
  try {
    if (tooMany) throw tooMany
    const parsed = parseInput(tool.input, input)
    if (isAboutOneOrg(tool)) {
      org = await orgOfCall(context, parsed.org)
      assertMay(org, tool.permission)
    }
    if (isStart(tool)) countWithin(starts, context.caller.connection, context.at)
    // a tool without `org` in its input is typed not to see one
    const whole = { ...context, org } as OrgContext
    return await run(tool, parsed, whole, { client, since })
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) log.error({ err: error, tool: tool.name, request: context.requestId }, 'a tool failed')
    const reported = refusal ?? internalError(context.requestId)
    if (isAudited(tool, reported)) await auditRefusal(tool, context, { org, code: reported.code, log })
    return errorResult(reported)
  }
}

/** Whether a call counts as a start: it begins an operation, or creates something at once. */
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

/** The org a call names, else the active one; the membership is read on every call. */
async function orgOfCall({ db, caller, activeOrg }: Context, ref: unknown): Promise<OrgAccess> {
  if (typeof ref === 'string') return orgForCustomer(db, caller.customer, ref)
  if (!activeOrg) throw new ActiveOrgLost()
  return activeOrg
}

/**
 * A parameter that does not fit was no attempt at anything, and a call too many costs no row; a bug counts where
 * something might have changed.
 */
const isAudited = ({ hints }: Tool, { code }: ToolError): boolean =>
  code !== 'invalid_input' && code !== 'rate_limited' && !(code === 'internal_error' && hints.readOnly)
