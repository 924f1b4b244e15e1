import { isOver, type Operation, type Started, watchOperation } from '#domain/operations'
import { checkedResult, type ToolResult } from '../call/result.ts'
import type { DryRun, OrgContext, StoryTool } from '../call/tool.ts'
import { handleOf } from './handle.ts'
import type { Handle } from './handle-schema.ts'
import { type Notify, type Pace, waitWithNotices } from './wait.ts'

/** What the client of one request can do with an operation that is not over. `Other`: what it gets in place of a handle. */
export interface OperationClient<Other> {
  pace: Pace
  /** Present when the client gave a token for notices of progress. */
  notify: Notify | undefined
  /** On the retry after a question: which operation it was about, and whether the page was opened. */
  asked: Asked | undefined
  /** Makes a question or a task of an operation that is not over. Where it makes nothing, the client gets the handle. */
  respond: ((operation: Operation, handle: ToolResult) => Promise<Other | undefined>) | undefined
}

interface Asked {
  operation: string
  accepted: boolean
}

/**
 * Calls a tool that starts a story, waits as long as its client can, and renders the operation as its client can show
 * it. A retry after a question starts nothing: it looks at the operation again.
 */
export async function callStory<Other>(
  tool: StoryTool,
  input: Record<string, unknown>,
  context: OrgContext,
  { client, since }: { client: OperationClient<Other>; since: number },
): Promise<ToolResult | Other> {
  const { asked, notify, pace, respond } = client
  const outcome = asked ? await lookAgain(asked, pace, context) : await tool.run(input, context)
  if ('dryRun' in outcome) return checkedResult(tool, dryRunHandle(tool, outcome, context))
  const { replayed } = outcome
  const operation = notify
    ? await waitWithNotices(outcome.operation, { notify, since, pace }, context)
    : outcome.operation
  const failed = operation.status === 'failed'
  const handle = checkedResult(tool, await handleOf(context, { operation, replayed }), { failed })
  if (isOver(operation)) return handle
  return (await respond?.(operation, handle)) ?? handle
}

/** What has become of the operation that a person was asked to do something for. */
async function lookAgain(
  { operation: id, accepted }: Asked,
  pace: Pace,
  { db, caller, signal }: OrgContext,
): Promise<Started> {
  const withinMs = accepted ? pace.lookAgainMs : 0
  const operation = await watchOperation(db, {
    id,
    customer: caller.customer,
    until: isOver,
    withinMs,
    signal,
  })
  return { operation, replayed: false }
}

const dryRunHandle = (
  { contract }: StoryTool,
  { dryRun }: DryRun<StoryTool['contract']['output']>,
  { org }: OrgContext,
): Handle => ({ story: contract.story, org: org.slug, status: 'completed', result: dryRun })
