import { DomainError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { type Caller, lockForMember } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { TooLateToCancel } from './errors.ts'
import type { Operation } from './operation.ts'
import { enqueueCancellation } from './nudges.ts'
import { findOperation } from './find-operation.ts'
import { readOperation } from './operation-store.ts'
import { dropStart } from './outbox.ts'

/** Asks a run to stop before its next step. Returns false when the run does not exist. */
export type CancelRun = (workflowId: string) => Promise<boolean>

/**
 * Asks an operation to stop, and returns its current row. An operation that is over does not change. An operation that
 * has not begun ends at once. An operation whose run is lost is resumed, so that its run undoes it. An owner or admin
 * may stop the operation of another member, also of one who has left. Refuses `too_late_to_cancel` after the first paid
 * line. When the run cannot be asked now, the outbox asks it later.
 */
export async function cancelOperation(
  db: Db,
  { id, caller, at }: { id: string; caller: Caller; at: Date },
  {
    cancelRun,
    resume,
  }: { cancelRun: CancelRun; resume: (lost: { id: OperationId; at: Date }) => Promise<unknown> },
): Promise<Operation> {
  const operation = await findOperation(db, { id, customer: caller.customer, toStop: true })
  if (operation.finishedAt) return operation
  await requestEnd(db, operation, { caller, at })
  await cancelRun(operation.workflowId).catch((error: unknown) => {
    // the outbox asks it later; one that has ended never begins, whatever its run is told
    if (!(error instanceof DomainError) || error.kind !== 'unavailable') throw error
  })
  // not only when the run was not found: a server may accept a message for a run that has ended
  await resume({ id: operation.id, at })
  return readOperation(db, operation.id)
}

/**
 * Stores and audits the request once. From then on it is carried out even if this process or Temporal fails. Ends
 * an operation that has not begun: if its run starts later, the first step refuses `operation_is_over`. The row decides
 * under its lock: a line may be paid at the same time. No stronger one: a card or consent of the operation refers to it.
 */
async function requestEnd(
  db: Db,
  { id, orgId, askedBy }: Operation,
  { caller, at }: { caller: Caller; at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('operations')
      .select(['workflow_id', 'started_at', 'finished_at', 'status', 'cancellable', 'cancel_requested_at'])
      .where('id', '=', id)
      .forNoKeyUpdate()
      .executeTakeFirstOrThrow()
    if (row.finished_at) return
    if (askedBy !== caller.customer)
      await lockForMember(tx, { caller, org: { id: orgId } }, 'stop_operations')
    if (!row.cancellable) throw new TooLateToCancel(id)
    if (row.cancel_requested_at) return
    await tx.updateTable('operations').set({ cancel_requested_at: at }).where('id', '=', id).execute()
    if (!row.started_at && row.status === 'running') {
      await tx
        .updateTable('operations')
        .set({ status: 'cancelled', updated_at: at, finished_at: at })
        .where('id', '=', id)
        .execute()
      await dropStart(tx, row.workflow_id)
    } else await enqueueCancellation(tx, row.workflow_id)
    const event = {
      action: 'cancel_operation',
      outcome: 'done',
      ...by(caller),
      org: orgId,
      operation: id,
    } as const
    await audit(tx, { chain: `org:${orgId}`, ...event })
  })
}
