import { sql } from 'kysely'
import type { LookAtRun, ResumedRunOf } from '#contracts/ids'
import type { OperationId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { clearForOperator, raiseForOperator } from '#domain/incidents'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { enqueueResumedStart, IS_TO_START } from './outbox.ts'

/** How long after a look the next one is due. It is also the lease: nobody else looks meanwhile. */
const LOOK_EVERY = '2 minutes'
/** When so many runs of an operation were lost, the next one does not go on, but takes back what was done. */
const MOST_LOST = 5
/** Temporal tried a task of the run so often in vain: the code of the worker cannot go on with it. */
const STUCK_AT_ATTEMPT = 5

export interface WatchedRun {
  id: OperationId
  workflowId: string
}

/**
 * Leases the runs of open operations for a look whether they live. The run that waited longest comes first. Leaves out
 * those that the outbox has not started yet. Uses the index `operations_to_look_at`.
 */
export async function leaseOpenRuns(db: Db, limit: number): Promise<WatchedRun[]> {
  const rows = await db
    .updateTable('operations')
    .set({ look_due_at: sql`now() + ${LOOK_EVERY}::interval` })
    .where('id', 'in', (open) =>
      open
        .selectFrom('operations as p')
        .select('p.id')
        .where('p.finished_at', 'is', null)
        .where('p.look_due_at', '<=', sql<Date>`now()`)
        .where(IS_TO_START, '=', false)
        .orderBy('p.look_due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'workflow_id'])
    .execute()
  return rows.map((row) => ({ id: row.id, workflowId: row.workflow_id }))
}

/** Whether somebody cancelled the operation of a run, and it is not over. */
export async function isCancelRequested(db: Db, workflowId: string): Promise<boolean> {
  const row = await db
    .selectFrom('operations')
    .select('id')
    .where('workflow_id', '=', workflowId)
    .where('cancel_requested_at', 'is not', null)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return row !== undefined
}

/** Makes the next look at a run due now, because a message did not find it. */
export async function lookSoon(db: Db, workflowId: string): Promise<void> {
  await db
    .updateTable('operations')
    .set({ look_due_at: sql`now()` })
    .where('workflow_id', '=', workflowId)
    .where('finished_at', 'is', null)
    .execute()
}

export interface RunWatch {
  lookAtRun: LookAtRun
  resumedRun: ResumedRunOf
}

/**
 * `lives`, also when the operation is over or its first start is still in the outbox. `resumed`: it was lost, and the
 * outbox starts another run. `stuck`: it lives, but its tasks keep failing. `unknown`: Temporal gave no answer.
 */
export type Liveliness = 'lives' | 'resumed' | 'stuck' | 'unknown'

/**
 * Looks whether the run of an operation lives, and has it resumed from its row when it is lost. The look comes after
 * the check of the outbox: a start leaves the outbox only when its run exists, so a run that is not found then is lost.
 */
export async function resumeIfLost(
  db: Db,
  { lookAtRun, resumedRun }: RunWatch,
  { id, at }: { id: OperationId; at: Date },
): Promise<Liveliness> {
  const open = await db
    .selectFrom('operations as p')
    .select(['p.workflow_id', IS_TO_START.as('is_to_start')])
    .where('p.id', '=', id)
    .where('p.finished_at', 'is', null)
    .executeTakeFirst()
  if (!open || open.is_to_start) return 'lives'
  const seen = await lookAtRun(open.workflow_id)
  if (seen.state === 'unknown') return 'unknown'
  if (seen.state === 'lives') return seen.taskAttempt >= STUCK_AT_ATTEMPT ? 'stuck' : 'lives'
  const isResumed = await resume(db, { id, workflowId: open.workflow_id, resumedRun, at })
  return isResumed ? 'resumed' : 'lives'
}

/**
 * Replaces a lost run. The row decides under its lock, so two callers never start two runs. The new run has a workflow
 * id of its own: steps of the old one are refused from now on (`isReplaced`), and its late reports are too old.
 */
async function resume(
  db: Db,
  { id, workflowId, resumedRun, at }: WatchedRun & Pick<RunWatch, 'resumedRun'> & { at: Date },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('operations')
      .select(['story', 'org_id', 'workflow_id', 'attempt', 'finished_at', 'undone_at'])
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    // it ended after the look, or somebody else was faster
    if (row.finished_at || row.workflow_id !== workflowId) return false
    const attempt = row.attempt + 1
    const { story, org_id: orgId } = row
    const isUndo = attempt > MOST_LOST || row.undone_at !== null
    const run = resumedRun({ story, operationId: id, orgId }, { attempt, isUndo })
    await tx
      .updateTable('operations')
      .set({ status: 'running', waiting_for: null, waiting_until: null, url: null })
      .set({ attempt, workflow_id: run.workflowId, revision: sql`revision + 1` })
      .set({ resumed_at: at, updated_at: at })
      .where('id', '=', id)
      .execute()
    await clearForOperator(tx, { kinds: ['run_cannot_go_on'], object: id, at })
    await enqueueResumedStart(tx, run)
    await audit(tx, {
      chain: `org:${orgId}`,
      action: 'resume_operation',
      outcome: 'done',
      org: orgId,
      operation: id,
    })
    return true
  })
}

/**
 * Whether the workflow is an earlier run of the operation, which a later one has replaced. It may still live: in a store
 * that was restored, or because a message was late. Then none of its steps may run.
 */
export async function isReplaced(db: Db, { id, workflowId }: WatchedRun): Promise<boolean> {
  const row = await db
    .selectFrom('operations')
    .select(['story', 'workflow_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row || row.workflow_id === workflowId) return false
  return workflowId.startsWith(`${row.story}/${id}`)
}

/** Puts an operation whose run is stuck on the operators' list. Returns whether it was not there. */
export async function noteStuck(db: Db, id: OperationId, at: Date): Promise<boolean> {
  return raiseForOperator(db, { kind: 'run_cannot_go_on', object: id, at })
}

/** Takes an operation whose run moves off the list. */
export async function noteMoving(db: Db, id: OperationId, at: Date): Promise<void> {
  await clearForOperator(db, { kinds: ['run_cannot_go_on'], object: id, at })
}
