import { sql } from 'kysely'
import type { Run, SyncRun } from '#contracts/ids'
import type { WaitingFor } from '#contracts/status-update'
import { asRefusal } from '#kernel/errors'
import { type ConnectionId, type CustomerId, isId, type OperationId, type OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { auditEnd } from './audit-end.ts'
import { CouldNotBeStarted } from './errors.ts'

/** A call starts its own run. If the call died, the relay starts the run after this time. */
const START_DUE_AFTER = '15 seconds'
const START_GIVE_UP_AFTER = '15 minutes'
/** As long as the payment provider retries an event. */
const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60_000
const LEASE = '30 seconds'

/** Only the clock of Postgres says when a start is due and when it is too late: the clock of an api may be wrong. */
const after = (time: string) => sql<Date>`now() + ${time}::interval`

export interface Outgoing {
  id: number
  /** Stored in the column `deed`, because an earlier release still writes that column. */
  kind: 'start' | 'nudge' | 'start_and_nudge' | 'stripe_event'
  workflowType: string | undefined
  workflowId: string
  payload: unknown
  /** The time to send it is over. */
  isTooLate: boolean
  attempts: number
}

export async function enqueueStart(tx: Db, run: Run): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      deed: 'start',
      workflow_type: run.workflowType,
      workflow_id: run.workflowId,
      payload: JSON.stringify(run),
      due_at: after(START_DUE_AFTER),
      give_up_at: after(START_GIVE_UP_AFTER),
    })
    .onConflict((on) => on.doNothing())
    .execute()
}

/** Nudges a run to look again, after this transaction is committed. */
export async function enqueueNudge(tx: Db, workflowId: string, at: Date): Promise<void> {
  await enqueue(tx, { kind: 'nudge', workflowId, payload: {}, at })
}

/** Starts a look at the tags of a package, or nudges the run that looks already, after this transaction is committed. */
export async function enqueueSync(tx: Db, run: SyncRun, at: Date): Promise<void> {
  const { workflowId, workflowType } = run
  await enqueue(tx, { kind: 'start_and_nudge', workflowId, workflowType, payload: run, at })
}

export type Waiting =
  | { operation: OperationId }
  | { org: OrgId; waitingFor: WaitingFor }
  /** What these connections started. */
  | { customer: CustomerId; connections: readonly ConnectionId[] }

/** Nudges those of these operations that wait for their person. */
export async function nudgeWaiting(tx: Db, { at, ...which }: Waiting & { at: Date }): Promise<void> {
  const waiting = await tx
    .selectFrom('operations')
    .select('workflow_id')
    .where('status', '=', 'waiting_for_you')
    .where((where) => {
      if ('operation' in which) return where('id', '=', which.operation)
      if ('org' in which)
        return where.and([where('org_id', '=', which.org), where('waiting_for', '=', which.waitingFor)])
      const { customer, connections } = which
      return where.and([where('asked_by', '=', customer), where('connection_id', 'in', connections)])
    })
    .execute()
  for (const { workflow_id } of waiting) await enqueueNudge(tx, workflow_id, at)
}

/** Enqueues an event of the payment provider. It may arrive before its object is committed. */
export async function enqueueStripeEvent(
  tx: Db,
  event: { id: string; about: unknown; at: Date },
): Promise<void> {
  const { id, about, at } = event
  await enqueue(tx, { kind: 'stripe_event', workflowId: `stripe_event/${id}`, payload: about, at })
}

async function enqueue(
  tx: Db,
  row: {
    kind: 'nudge' | 'start_and_nudge' | 'stripe_event'
    workflowId: string
    workflowType?: string
    payload: unknown
    at: Date
  },
): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      deed: row.kind,
      workflow_type: row.workflowType ?? null,
      workflow_id: row.workflowId,
      payload: JSON.stringify(row.payload),
      due_at: sql`now()`,
      give_up_at: new Date(row.at.getTime() + GIVE_UP_AFTER_MS),
    })
    .execute()
}

/** Deletes the outbox row that starts a run. Call it when the run exists or must not start. */
export async function dropStart(db: Db, workflowId: string): Promise<void> {
  await db.deleteFrom('outbox').where('workflow_id', '=', workflowId).where('deed', '=', 'start').execute()
}

/** Leases due rows for 30 s, so that two relays never work on the same row. Uses the index `outbox_by_due`. */
export async function leaseOutbox(db: Db, limit: number): Promise<Outgoing[]> {
  const rows = await db
    .updateTable('outbox')
    .set({ due_at: sql`now() + ${LEASE}::interval`, attempts: sql`attempts + 1` })
    .where('id', 'in', (due) =>
      due
        .selectFrom('outbox')
        .select('id')
        .where('due_at', '<=', sql<Date>`now()`)
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'deed', 'workflow_type', 'workflow_id', 'payload', 'attempts'])
    .returning(sql<boolean>`give_up_at < now()`.as('is_too_late'))
    .execute()
  return rows.map((row) => ({
    id: row.id,
    kind: row.deed as Outgoing['kind'],
    workflowType: row.workflow_type ?? undefined,
    workflowId: row.workflow_id,
    payload: row.payload,
    isTooLate: row.is_too_late,
    attempts: row.attempts,
  }))
}

export async function dropOutgoing(db: Db, id: number): Promise<void> {
  await db.deleteFrom('outbox').where('id', '=', id).execute()
}

/** Tries again after 2^n s, but at most 5 minutes. `why` is a code or a class name, never a payload. */
export async function postponeOutgoing(db: Db, { id, attempts }: Outgoing, why: string): Promise<void> {
  const seconds = Math.min(2 ** attempts, 300)
  await db
    .updateTable('outbox')
    .set({ due_at: sql`now() + make_interval(secs => ${seconds})`, last_error: why })
    .where('id', '=', id)
    .execute()
}

/** Ends an operation whose run could not be started in time, and its outbox row, in one transaction. */
export async function giveUpStart(db: Db, outgoing: Outgoing, at: Date): Promise<void> {
  const id = operationIn(outgoing.payload)
  await inTransaction(db, async (tx) => {
    await dropOutgoing(tx, outgoing.id)
    if (!id) return
    const error = asRefusal(new CouldNotBeStarted())
    const ended = await tx
      .updateTable('operations')
      .set({ status: 'failed', error: JSON.stringify(error), updated_at: at, finished_at: at })
      .where('id', '=', id)
      .where('status', '=', 'running')
      .where('started_at', 'is', null)
      .returning(['id', 'story', 'org_id', 'asked_by', 'connection_id'])
      .executeTakeFirst()
    if (ended) await auditEnd(tx, ended, { outcome: 'failed', code: error.code })
  })
}

function operationIn(payload: unknown): OperationId | undefined {
  const id = (payload as Partial<Run> | null)?.operationId
  return id && isId('op', id) ? id : undefined
}
