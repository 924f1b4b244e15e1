import { audit, type AuditEvent } from '#domain/audit'
import type { Operation } from '#domain/operations'
import { ActiveOrgLost, assertMay, orgForCustomer, type OrgAccess } from '#domain/orgs'
import type { Counter } from '#platform/minute-counter'
import { operationAnswer } from '../operations/handle.ts'
import { type Notify, type Pace, waitFor, waitWithNotices } from '../operations/wait.ts'
import type { TooManyCalls } from './errors.ts'
import { countWithin } from '../transport/rate-limit.ts'
import { internalError, parseInput, refusalOf, type ToolError } from './refusal.ts'
import { type Format, shaped } from './shape.ts'
import { type Context, isAboutOneOrg, type OrgContext, type Tool } from './tool.ts'

/** As `tools/call` sends it. A type, not an interface: the SDK wants its index signature. */
export type Answer = {
  content: { type: 'text'; text: string }[]
  structuredContent?: Record<string, unknown>
  isError?: boolean
}

export interface Log {
  error: (fields: object, message: string) => void
  warn: (fields: object, message: string) => void
  info: (fields: object, message: string) => void
}

/** What the client of one request can do with an operation that is not over; `Face` is what the SDK sends for one. */
export interface Client<Face> {
  pace: Pace
  /** When it gave a token for it. */
  notify: Notify | undefined
  /** On the retry after a question: which operation it was about, and whether the page was opened. */
  asked: { operation: string; accepted: boolean } | undefined
  /** Another face than the handle; without one, for this operation, it gets the handle. */
  face: ((operation: Operation, handle: Answer) => Promise<Face | undefined>) | undefined
}

interface Answering<Face> {
  client: Client<Face>
  starts: Counter
  /** Refuses before the input is looked at. */
  tooMany: TooManyCalls | undefined
  log: Log
}

/**
 * Every call of every tool: parse, find the org, ask the role, run, check the output, shape. Refusals are audited and
 * told; anything else is a bug, logged once and told without details, because the SDK shows a model what is thrown.
 */
export async function answer<Face>(
  tool: Tool,
  input: unknown,
  context: Context,
  { client, starts, tooMany, log }: Answering<Face>,
): Promise<Answer | Face> {
  const since = performance.now()
  let org: OrgAccess | undefined
  try {
    if (tooMany) throw tooMany
    const parsed = parseInput(tool.input, input)
    if (isAboutOneOrg(tool)) {
      org = await orgOfCall(context, parsed.org)
      assertMay(org, tool.permission)
    }
    if (mayStart(tool)) countWithin(starts, context.caller.connection, context.at)
    // a tool without `org` in its input is typed not to see one
    const whole = { ...context, org } as OrgContext
    const found = client.asked
      ? await lookAgain(client.asked, client.pace, whole)
      : await tool.run(parsed, whole)
    if (!isUnfinished(tool, found)) return fitted(tool, found, parsed.response_format as Format | undefined)
    return await unfinished(tool, found, whole, { client, since })
  } catch (error) {
    const refusal = refusalOf(error)
    if (!refusal) log.error({ err: error, tool: tool.name, request: context.requestId }, 'a tool failed')
    const told = refusal ?? internalError(context.requestId)
    if (isNews(tool, told)) await noteRefusal(tool, context, { org, code: told.code, log })
    return refused(told)
  }
}

interface Unfinished extends Record<string, unknown> {
  operation_id: string
  status: 'running' | 'waiting_for_you'
}

/** Or creates at once: what has a key is a action. */
const mayStart = ({ input }: Tool): boolean => 'idempotency_key' in input.shape

const isUnfinished = (tool: Tool, found: Record<string, unknown>): found is Unfinished =>
  mayStart(tool) &&
  typeof found.operation_id === 'string' &&
  (found.status === 'running' || found.status === 'waiting_for_you')

const isOver = ({ finishedAt }: Operation): boolean => finishedAt !== undefined

/** What has become of the operation that a person was asked to do something for. */
async function lookAgain(
  { operation: id, accepted }: { operation: string; accepted: boolean },
  pace: Pace,
  context: Context,
): Promise<Record<string, unknown>> {
  const ms = accepted ? pace.lookAgainMs : 0
  const operation = await waitFor(id, { until: isOver, ms }, { ...context, pace })
  return operationAnswer(context, { operation })
}

/** A client that hears notices waits on, until it is over or needs a person; then each gets the face it can show. */
async function unfinished<Face>(
  tool: Tool,
  found: Unfinished,
  context: Context,
  { client, since }: { client: Client<Face>; since: number },
): Promise<Answer | Face> {
  const { operation_id: id, replayed } = found
  const { notify, pace, face } = client
  if (!notify && !face) return fitted(tool, found)
  const looking = { ...context, pace }
  const operation = notify
    ? await waitWithNotices(id, { notify, since }, looking)
    : await waitFor(id, { until: isOver, ms: 0 }, looking)
  const handle = fitted(tool, await operationAnswer(context, { operation, replayed: replayed === true }))
  return (isOver(operation) ? undefined : await face?.(operation, handle)) ?? handle
}

/** The org a call names, else the active one; the membership is read on every call. */
async function orgOfCall({ db, caller, activeOrg }: Context, ref: unknown): Promise<OrgAccess> {
  if (typeof ref === 'string') return orgForCustomer(db, caller.customer, ref)
  if (!activeOrg) throw new ActiveOrgLost()
  return activeOrg
}

function fitted(tool: Tool, result: Record<string, unknown>, format: Format = 'concise'): Answer {
  const checked = tool.output.safeParse(result)
  if (!checked.success) {
    const [misfit] = checked.error.issues
    throw new Error(`the output of ${tool.name} misfits at ${misfit?.path.join('.')}: ${misfit?.message}`)
  }
  const shown = shaped(tool.output, result, format) as Record<string, unknown>
  return told(shown, { failed: mayStart(tool) && result.status === 'failed' })
}

/** The same twice: some clients show a model the text, some the structured content. */
export function told(result: Record<string, unknown>, { failed }: { failed: boolean }): Answer {
  const text = JSON.stringify(result)
  return { content: [{ type: 'text', text }], structuredContent: result, ...(failed && { isError: true }) }
}

/**
 * Text only: a client of the first SDK throws on structured content that misfits the output schema. And a sentence
 * first: Gemini CLI takes a first text that is JSON for such content (docs/decisions/0012).
 */
function refused(error: ToolError): Answer {
  const visible = shaped(undefined, error, 'detailed') as ToolError
  const texts = [visible.message, JSON.stringify({ error: visible })]
  return { content: texts.map((text) => ({ type: 'text', text })), isError: true }
}

/**
 * A parameter that does not fit was no attempt at anything, and a call too many costs no row; a bug counts where
 * something might have changed.
 */
const isNews = ({ hints }: Tool, { code }: ToolError): boolean =>
  code !== 'invalid_input' && code !== 'rate_limited' && !(code === 'internal_error' && hints.readOnly)

/** Audits a call that was refused, or failed by a bug; what cannot be audited is logged and stays refused. */
export async function noteRefusal(
  { name }: Tool,
  { db, caller, clientId, requestId }: Pick<Context, 'db' | 'caller' | 'clientId' | 'requestId'>,
  { org, code, log }: { org?: OrgAccess | undefined; code: string; log: Log },
): Promise<void> {
  const event: AuditEvent = {
    chain: org ? `org:${org.id}` : `customer:${caller.customer}`,
    action: name,
    outcome: code === 'internal_error' ? 'failed' : 'refused',
    customer: caller.customer,
    connection: caller.connection,
    client: clientId,
    org: org?.id,
    code,
    request: requestId,
  }
  await audit(db, event).catch((err: unknown) =>
    log.error({ err, tool: name, request: requestId }, 'a refusal could not be audited'),
  )
}
