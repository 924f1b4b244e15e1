import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Difference, OpenRun } from './sources.ts'

/**
 * Compares the open operations with the open runs. Rows are read after the runs were listed, because a run ends its row
 * before it ends itself. A start that waits in the outbox has no run yet.
 */
export async function differencesOfRuns(db: Db, runs: readonly OpenRun[]): Promise<Difference[]> {
  const open = await db
    .selectFrom('operations as p')
    .leftJoin('outbox as x', (on) =>
      on.onRef('x.workflow_id', '=', 'p.workflow_id').on('x.deed', '=', 'start'),
    )
    .select(['p.id', 'p.status', 'x.id as start'])
    .where('p.finished_at', 'is', null)
    .execute()
  const running = new Set<OperationId>(runs.map(({ operation }) => operation))
  const openIds = new Set<OperationId>(open.map(({ id }) => id))
  return [
    ...open
      .filter(({ id, start }) => !running.has(id) && start === null)
      .map(({ id, status }) => ({
        rule: 'operation_without_run' as const,
        object: id,
        operation: id,
        says: `The operation ${id} is ${status}, and no run drives it.`,
      })),
    ...runs
      .filter(({ operation }) => !openIds.has(operation))
      .map(({ workflowId, operation }) => ({
        rule: 'run_without_operation' as const,
        object: workflowId,
        operation,
        says: `The run ${workflowId} goes on, and its operation is over or unknown.`,
      })),
  ]
}
