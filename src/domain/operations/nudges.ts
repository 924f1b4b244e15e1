import { sql } from 'kysely'
import type { WaitingFor } from '#contracts/status-update'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { enqueue } from './outbox.ts'

/**
 * Nudges a run to look again, after this transaction is committed. All nudges that wait for the same run are one, and
 * after the first ten of a wait they are sent at growing intervals. So a run has a short history, however often it is
 * nudged. Locks the row of the waiting nudge: nudge several runs in the order of their ids.
 */
export async function enqueueNudge(tx: Db, workflowId: string): Promise<void> {
  const sent = await tx
    .selectFrom('operations')
    .select(['nudges', 'nudged_at'])
    .where('workflow_id', '=', workflowId)
    .executeTakeFirst()
  const pause = sql`make_interval(secs => ${pauseAfterNudges(sent?.nudges ?? 0)})`
  const dueAt = sql<Date>`greatest(now(), ${sent?.nudged_at ?? null}::timestamptz + ${pause})`
  await enqueue(tx, { kind: 'nudge', workflowId, payload: {}, dueAt })
}

/** A call asks the run itself. If it died or met an outage, the relay asks the run after this time. */
const CANCELLATION_DUE_AFTER = '10 seconds'

/** Tells a run that its operation was cancelled: the relay sends that with the next nudge. */
export async function enqueueCancellation(tx: Db, workflowId: string): Promise<void> {
  const dueAt = sql<Date>`now() + ${CANCELLATION_DUE_AFTER}::interval`
  await enqueue(tx, { kind: 'nudge', workflowId, payload: {}, dueAt })
}

const NUDGES_AT_ONCE = 10
const LONGEST_PAUSE_S = 12 * 60 * 60

/**
 * How long after the last nudge the next one is sent, in seconds. A nudge is late by at most a fifth of the time for
 * which its run was nudged without a pause: 64 are sent in a day, 123 in 30 days.
 */
export function pauseAfterNudges(sent: number): number {
  return sent < NUDGES_AT_ONCE ? 0 : Math.min(1.2 ** (sent - NUDGES_AT_ONCE), LONGEST_PAUSE_S)
}

/** Counts a nudge that was sent. Call it apart from any transaction that nudges. */
export async function countNudge(db: Db, workflowId: string): Promise<void> {
  await db
    .updateTable('operations')
    .set({ nudges: sql`nudges + 1`, nudged_at: sql`now()` })
    .where('workflow_id', '=', workflowId)
    .where('finished_at', 'is', null)
    .execute()
}

export type Waiting =
  | { operation: OperationId }
  | { org: OrgId; waitingFor: WaitingFor }
  /** What these connections started. */
  | { customer: CustomerId; connections: readonly ConnectionId[] }

/** Nudges those of these operations that wait for their person. */
export async function nudgeWaiting(tx: Db, which: Waiting): Promise<void> {
  const waiting = await tx
    .selectFrom('operations')
    .select('workflow_id')
    .where('status', '=', 'waiting_for_you')
    .orderBy('workflow_id')
    .where((where) => {
      if ('operation' in which) return where('id', '=', which.operation)
      if ('org' in which)
        return where.and([where('org_id', '=', which.org), where('waiting_for', '=', which.waitingFor)])
      const { customer, connections } = which
      return where.and([where('asked_by', '=', customer), where('connection_id', 'in', connections)])
    })
    .execute()
  for (const { workflow_id } of waiting) await enqueueNudge(tx, workflow_id)
}
