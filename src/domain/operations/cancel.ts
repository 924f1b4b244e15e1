import type { CustomerId, OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { TooLateToCancel } from './errors.ts'
import type { Operation } from './operation.ts'
import { findOperation, readOperation } from './operation-store.ts'
import { dropStart } from './outbox.ts'

/** Asks a run to stop before its next step; false when there is none. */
export type CancelRun = (workflowId: string) => Promise<boolean>

/**
 * Asks an operation to stop. What is over stays as it ended; one that has not begun ends at once; from the first paid
 * line on it refuses `too_late_to_cancel`. It is a request: the answer is the row as it is now.
 */
export async function cancelOperation(
  db: Db,
  { id, customer, at }: { id: string; customer: CustomerId; at: Date },
  cancelRun: CancelRun,
): Promise<Operation> {
  const operation = await findOperation(db, { id, customer })
  if (operation.finishedAt) return operation
  if (!operation.cancellable) throw new TooLateToCancel(operation.id)
  await endUnstarted(db, operation.id, at)
  await cancelRun(operation.workflowId)
  return readOperation(db, operation.id)
}

/** Its run, should it start after all, finds the operation over and does nothing. */
async function endUnstarted(db: Db, id: OperationId, at: Date): Promise<void> {
  await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('operations')
      .select(['workflow_id', 'started_at', 'status'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (row.started_at || row.status !== 'running') return
    await tx
      .updateTable('operations')
      .set({ status: 'cancelled', updated_at: at, finished_at: at })
      .where('id', '=', id)
      .execute()
    await dropStart(tx, row.workflow_id)
  })
}
