import { sql } from 'kysely'
import type { StatusUpdate } from '#contracts/status-update'
import { clearForOperator, raiseForOperator } from '#domain/incidents'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { auditEnd } from './audit-end.ts'
import { newLink } from './waits.ts'

/**
 * Stores a status update of a workflow. An older revision, or an update after the end, changes nothing. While it
 * waits for a person, the operation has the URL of its page, below `publicUrl`. Returns the revision of the row when the
 * update was too old: a run that was resumed, or whose store was restored, has to count on from there.
 */
export async function reportStatus(
  db: Db,
  update: StatusUpdate,
  publicUrl: string,
): Promise<number | undefined> {
  const isOver = ['completed', 'failed', 'cancelled'].includes(update.status)
  const at = new Date(update.at)
  return inTransaction(db, async (tx) => {
    const updated = await tx
      .updateTable('operations')
      .set({
        status: update.status,
        revision: update.revision,
        ...wait(update, publicUrl),
        result: update.status === 'completed' ? JSON.stringify(update.result) : null,
        error: update.status === 'failed' ? JSON.stringify(update.error) : null,
        updated_at: at,
        finished_at: isOver ? at : null,
        ...(update.cancellable !== undefined && { cancellable: update.cancellable }),
        // so that the first nudges of each wait are sent at once
        ...(update.status === 'waiting_for_you' && { nudges: 0, nudged_at: null }),
      })
      .where('id', '=', update.operationId)
      .where('revision', '<', update.revision)
      .where('finished_at', 'is', null)
      .returning(['id', 'story', 'org_id', 'asked_by', 'connection_id'])
      .executeTakeFirst()
    if (!updated) return presentRevision(tx, update.operationId)
    if (isOver) await listForOperator(tx, update, at)
    if (update.status === 'cancelled') await auditEnd(tx, updated, { outcome: 'refused', code: 'cancelled' })
    if (update.status === 'failed')
      await auditEnd(tx, updated, {
        outcome: update.needsOperator ? 'failed' : 'refused',
        code: update.error.code,
      })
    return undefined
  })
}

/** An operation that has ended is stuck no longer. What it leaves owed is an entry of its own. */
async function listForOperator(
  tx: Db,
  { operationId: object, needsOperator: kind, ...update }: StatusUpdate,
  at: Date,
): Promise<void> {
  await clearForOperator(tx, { kinds: ['run_stuck', 'run_cannot_go_on'], object, at })
  const detail = update.status === 'failed' ? update.error.code : undefined
  if (kind) await raiseForOperator(tx, { kind, object, detail, at })
}

/** Undefined when the operation is over: nothing more is reported. */
async function presentRevision(tx: Db, id: OperationId): Promise<number | undefined> {
  const row = await tx
    .selectFrom('operations')
    .select('revision')
    .where('id', '=', id)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return row?.revision
}

function wait(update: StatusUpdate, publicUrl: string) {
  if (update.status !== 'waiting_for_you') return { waiting_for: null, waiting_until: null, url: null }
  const { for: waitingFor, until } = update.waiting
  return { waiting_for: waitingFor, waiting_until: new Date(until), ...linkBelow(publicUrl) }
}

/** An operation keeps its link for all its waits. One of an older release may have none before the first. */
function linkBelow(publicUrl: string) {
  const link = sql<string>`coalesce(link, ${newLink()})`
  return { link, url: sql<string>`${`${publicUrl}/o/`}::text || ${link}` }
}
