import { isOver, type Operation, type Started, watchOperation } from '#domain/operations'
import { checkedResult, type ToolResult } from '../call/result.ts'
import type { DryRun, OrgContext, StoryTool } from '../call/tool.ts'
import { handleOf } from './handle.ts'
import type { Handle } from './handle-schema.ts'
import { type Notify, type Pace, waitWithProgress } from './wait.ts'

/**
 * What one client supports while an operation is not over. `Other` is the type of the response that replaces a handle.
 */
export interface OperationClient<Other> {
  pace: Pace
  /** Present when the client gave a token for progress notifications. */
  notify: Notify | undefined
  /** Present on the retry after a question: the operation, and whether the person agreed to open the page. */
  answered: AnsweredQuestion | undefined
  /** Turns an operation that is not over into a question or a task. When it returns undefined, the client gets the handle. */
  respond: ((operation: Operation, handle: ToolResult) => Promise<Other | undefined>) | undefined
}

interface AnsweredQuestion {
  operation: string
  accepted: boolean
}

/**
 * Calls a tool that starts a story, and waits for the operation as long as the client allows. Then renders the
 * operation in the form that the client supports. A retry after a question starts nothing and reads the operation
 * again.
 */
export async function callStory<Other>(
  tool: StoryTool,
  input: Record<string, unknown>,
  context: OrgContext,
  { client, since }: { client: OperationClient<Other>; since: number },
): Promise<ToolResult | Other> {
  const { answered, notify, pace, respond } = client
  const outcome = answered
    ? await operationAskedAbout(answered, pace, context)
    : await tool.run(input, context)
  if ('dryRun' in outcome) return checkedResult(tool, dryRunHandle(tool, outcome, context))
  const { replayed } = outcome
  const operation = notify
    ? await waitWithProgress(outcome.operation, { notify, since, pace }, context)
    : outcome.operation
  const failed = operation.status === 'failed'
  const handle = checkedResult(tool, await handleOf(context, { operation, replayed }), { failed })
  if (isOver(operation)) return handle
  return (await respond?.(operation, handle)) ?? handle
}

/** Returns the operation that a person was asked about. Waits for it when the person agreed to open the page. */
async function operationAskedAbout(
  { operation: id, accepted }: AnsweredQuestion,
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
