import { mintId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Operation } from './operation.ts'
import { operations, asOperation } from './operation-store.ts'

/**
 * For an operator: the operations of all orgs that have not ended, the oldest first. With few open ones it uses the index
 * `operations_to_look_at`; with many, Postgres reads operations by their ids until it has found enough of them.
 */
export async function openOperations(db: Db, { limit }: { limit: number }): Promise<Operation[]> {
  const rows = await operations(db).where('p.finished_at', 'is', null).orderBy('p.id').limit(limit).execute()
  return rows.map(asOperation)
}

/** For an operator: the operations of all orgs that began since then and failed, the newest first. Reads them by their ids. */
export async function failedOperations(
  db: Db,
  { since, limit }: { since: Date; limit: number },
): Promise<Operation[]> {
  const rows = await operations(db)
    .where('p.id', '>=', firstIdOf(since))
    .where('p.status', '=', 'failed')
    .orderBy('p.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map(asOperation)
}

/** The lowest possible id of an operation of that time. */
const firstIdOf = (time: Date) => mintId('op', time, () => 0)
