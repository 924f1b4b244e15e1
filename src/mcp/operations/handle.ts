import { cancellingText, type Operation, withObstacle } from '#domain/operations'
import type { Context } from '../call/tool.ts'
import type { Handle } from './handle-schema.ts'
import { shownFailure } from './next-steps.ts'
import { resultOf } from './result.ts'
import { actionOf } from './waiting.ts'

const RUNNING_POLL_MS = 2_000
const WAITING_POLL_MS = 10_000
/** How long one call of get_operation may wait, in ms. */
export const LONGEST_WAIT_MS = 20_000

/** After how many ms a client should poll an operation again. */
export const pollAfterMs = ({ status }: Operation): number =>
  status === 'waiting_for_you' ? WAITING_POLL_MS : RUNNING_POLL_MS

/**
 * Renders an operation for the caller: its present state, also when the call is a repeat, and what keeps it from going
 * on. Of another member's operation it shows no result, no link and no keys.
 */
export async function handleOf(
  context: Context,
  { operation: read, replayed }: { operation: Operation; replayed?: boolean },
): Promise<Handle> {
  const operation = await withObstacle(read, context.operations.obstacle)
  const shown = {
    operation_id: operation.id,
    story: operation.story,
    org: operation.orgSlug,
    status: operation.status,
  }
  if (operation.askedBy !== context.caller.customer) return shown
  return {
    ...shown,
    ...(await presentState(context, operation)),
    ...(operation.status === 'completed' && { result: await resultOf(context, operation) }),
    ...(replayed && { replayed }),
  }
}

async function presentState(
  context: Context,
  operation: Operation,
): Promise<Pick<Handle, 'progress' | 'poll_after_ms' | 'next_action' | 'error'>> {
  const { status, progress, error, cancelRequested } = operation
  switch (status) {
    case 'running':
      return { progress, ...toBeAskedAgain(operation) }
    case 'waiting_for_you':
      // nobody is led to pay for what was cancelled
      if (cancelRequested) return { progress: cancellingText(operation), ...toBeAskedAgain(operation) }
      return {
        poll_after_ms: pollAfterMs(operation),
        next_action: await actionOf(context, operation),
      }
    case 'failed':
      return { error: error && shownFailure(error) }
    case 'completed':
    case 'cancelled':
      return {}
  }
}

const toBeAskedAgain = (operation: Operation): Pick<Handle, 'poll_after_ms' | 'next_action'> => ({
  poll_after_ms: pollAfterMs(operation),
  next_action: {
    type: 'call_tool',
    tool: 'get_operation',
    arguments: { operation_id: operation.id, wait_ms: LONGEST_WAIT_MS },
  },
})
