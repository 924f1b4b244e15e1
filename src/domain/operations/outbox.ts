import { type RawBuilder, sql } from 'kysely'
import type { Run, SyncRun } from '#contracts/ids'
import { asRefusal } from '#kernel/errors'
import { isId, type OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { auditEnd } from './audit-end.ts'
import { CouldNotBeStarted } from './errors.ts'

/** A call starts its own run. If the call died, the relay starts the run after this time. */
const START_DUE_AFTER = '15 seconds'
const START_GIVE_UP_AFTER = '15 minutes'
/** A nudge that late is of no use: the run has looked by itself. */
const GIVE_UP_AFTER = '1 day'
/** An object is committed within seconds of its event. Who does not know it after an hour has lost it. */
const EVENT_GIVE_UP_AFTER = '1 hour'
const LEASE = '30 seconds'

/** Only the clock of Postgres says when a row is due and when it is too late: the clock of an api may be wrong. */
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
  /** How often it was asked for. */
  asked: number
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

/** Starts the run that replaces a lost one, after this transaction is committed. */
export async function enqueueResumedStart(tx: Db, run: Run): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      deed: 'start',
      workflow_type: run.workflowType,
      workflow_id: run.workflowId,
      payload: JSON.stringify(run),
      due_at: sql`now()`,
      give_up_at: after(GIVE_UP_AFTER),
    })
    .execute()
}

/** SQL: whether the outbox has yet to start the run of the operation `p`. */
export const IS_TO_START: RawBuilder<boolean> = sql<boolean>`exists (
  select from outbox b where b.workflow_id = p.workflow_id and b.deed = 'start')`

/** Starts a look at the tags of a package, or nudges the run that looks already, after this transaction is committed. */
export async function enqueueSync(tx: Db, run: SyncRun): Promise<void> {
  const { workflowId, workflowType } = run
  await enqueue(tx, { kind: 'start_and_nudge', workflowId, workflowType, payload: run })
}

/** Enqueues an event of the payment provider. It may arrive before its object is committed. */
export async function enqueueStripeEvent(
  tx: Db,
  { workflowId, about }: { workflowId: string; about: unknown },
): Promise<void> {
  await enqueue(tx, { kind: 'stripe_event', workflowId, payload: about })
}

/** Only for this folder: `enqueueNudge` and the functions above say what may be enqueued. */
export async function enqueue(
  tx: Db,
  row: {
    kind: 'nudge' | 'start_and_nudge' | 'stripe_event'
    workflowId: string
    workflowType?: string
    payload: unknown
    dueAt?: RawBuilder<Date>
  },
): Promise<void> {
  await tx
    .insertInto('outbox')
    .values({
      deed: row.kind,
      workflow_type: row.workflowType ?? null,
      workflow_id: row.workflowId,
      payload: JSON.stringify(row.payload),
      due_at: row.dueAt ?? sql`now()`,
      give_up_at: after(row.kind === 'stripe_event' ? EVENT_GIVE_UP_AFTER : GIVE_UP_AFTER),
      asked: 1,
    })
    .onConflict((on) =>
      on
        .columns(['workflow_id', 'deed'])
        // a literal, because Postgres finds no partial index by a parameter
        .where(sql<boolean>`asked > 0`)
        .doUpdateSet({
          asked: sql`outbox.asked + 1`,
          due_at: sql<Date>`least(outbox.due_at, excluded.due_at)`,
          give_up_at: sql<Date>`excluded.give_up_at`,
        }),
    )
    .execute()
}

/** Deletes the outbox row that starts a run. Call it when the run exists or must not start. */
export async function dropStart(db: Db, workflowId: string): Promise<void> {
  await db.deleteFrom('outbox').where('workflow_id', '=', workflowId).where('deed', '=', 'start').execute()
}

/**
 * Leases due rows for 30 s, so that two relays never work on the same row. `except`: the ids of the rows that the caller
 * still sends. Such a row may be due again. Uses the index `outbox_by_due`.
 */
export async function leaseOutbox(
  db: Db,
  limit: number,
  except: readonly number[] = [],
): Promise<Outgoing[]> {
  const rows = await db
    .updateTable('outbox')
    .set({ due_at: sql`now() + ${LEASE}::interval`, attempts: sql`attempts + 1` })
    .where('id', 'in', (due) =>
      due
        .selectFrom('outbox')
        .select('id')
        .where('due_at', '<=', sql<Date>`now()`)
        .where(sql<boolean>`id <> all(${except}::bigint[])`)
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'deed', 'workflow_type', 'workflow_id', 'payload', 'attempts', 'asked'])
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
    asked: row.asked,
  }))
}

/**
 * Deletes a row that was sent. A row that was asked for again meanwhile stays and is sent again. Returns whether a row
 * was deleted.
 */
export async function dropOutgoing(db: Db, { id, asked }: Pick<Outgoing, 'id' | 'asked'>): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('outbox')
    .where('id', '=', id)
    .where('asked', '=', asked)
    .executeTakeFirst()
  return numDeletedRows > 0
}

/**
 * Tries again after 2^n s, but at most 5 minutes. `why` is a code or a class name, never a payload. A row that was asked
 * for again meanwhile stays due.
 */
export async function postponeOutgoing(
  db: Db,
  { id, attempts, asked }: Outgoing,
  why: string,
): Promise<void> {
  const seconds = Math.min(2 ** attempts, 300)
  await db
    .updateTable('outbox')
    .set({ due_at: sql`now() + make_interval(secs => ${seconds})`, last_error: why })
    .where('id', '=', id)
    .where('asked', '=', asked)
    .execute()
}

/**
 * Ends an operation whose run could not be started in time, and its outbox row, in one transaction. Locks the operation
 * before the outbox row, as `cancelOperation` does.
 */
export async function giveUpStart(db: Db, outgoing: Outgoing, at: Date): Promise<void> {
  const id = operationIn(outgoing.payload)
  await inTransaction(db, async (tx) => {
    const ended = id && (await endUnstarted(tx, id, at))
    await dropOutgoing(tx, outgoing)
    if (ended) await auditEnd(tx, ended, { outcome: 'failed', code: ended.code })
  })
}

async function endUnstarted(tx: Db, id: OperationId, at: Date) {
  const error = asRefusal(new CouldNotBeStarted())
  const ended = await tx
    .updateTable('operations')
    .set({ status: 'failed', error: JSON.stringify(error), updated_at: at, finished_at: at })
    .where('id', '=', id)
    .where('status', '=', 'running')
    .where('started_at', 'is', null)
    .returning(['id', 'story', 'org_id', 'asked_by', 'connection_id'])
    .executeTakeFirst()
  return ended && { ...ended, code: error.code }
}

function operationIn(payload: unknown): OperationId | undefined {
  const id = (payload as Partial<Run> | null)?.operationId
  return id && isId('op', id) ? id : undefined
}
