import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import type { OperationId } from '#kernel/ids'
import type { Shop } from './a-shop.ts'

/** When `wait` fails, its error tells what may have kept the operation from going on. */
export async function explained(
  shop: Shop,
  id: OperationId,
  wait: () => PromiseLike<unknown>,
): Promise<void> {
  try {
    await wait()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Error(`${message}\n${JSON.stringify(await stateOf(shop, id), undefined, 1)}`, { cause })
  }
}

/** The row of the operation and its steps, all that waits in the outbox, and where its run stands. */
async function stateOf({ db, workflows, now }: Shop, id: OperationId) {
  const operation = await db
    .selectFrom('operations')
    .select(['status', 'revision', 'workflow_id', 'nudges', 'nudged_at', 'waiting_until'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const steps = await db
    .selectFrom('operation_steps')
    .select(['name', 'status', 'attempt', 'updated_at'])
    .where('operation_id', '=', id)
    .orderBy('started_at')
    .execute()
  const outbox = await db
    .selectFrom('outbox')
    .select(['deed', 'workflow_id', 'due_at', 'attempts', 'asked', 'last_error'])
    .orderBy('id')
    .execute()
  const run = await runOf(workflows, operation.workflow_id).catch(String)
  return { now: new Date(), nowOfRuns: await now(), operation, steps, outbox, run }
}

async function runOf(workflows: Shop['workflows'], workflowId: string) {
  const handle = workflows.getHandle(workflowId)
  const { status, raw } = await handle.describe()
  const history = JSON.parse(historyToJSON(await handle.fetchHistory())) as {
    events: { eventType: string }[]
  }
  return {
    status: status.name,
    steps: raw.pendingActivities?.map(({ activityType, attempt, lastFailure }) => ({
      name: activityType?.name,
      attempt,
      failure: lastFailure?.message,
    })),
    lastEvents: history.events.slice(-12).map(({ eventType }) => eventType),
  }
}
