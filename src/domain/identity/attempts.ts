import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'

const DELETED_AT_ONCE = 20

export interface Limit {
  /** What is counted, such as `code:cst_…:192.0.2.1`. Stored as a hash. */
  key: string
  max: number
  windowMs: number
}

/**
 * Counts one attempt. Call it before the work that it limits. Returns undefined while it is allowed, else the seconds
 * until the next one is allowed. The window begins with the first attempt, and refused attempts do not prolong it.
 */
export async function countAttempt(db: Db, limit: Limit, at: Date): Promise<number | undefined> {
  // a transaction would keep the locks of the deleted rows, while another one that counts there waits
  if (!db.isTransaction) await deleteOld(db, at)
  const isOver = sql<boolean>`attempts.until <= ${at}`
  const { tries, until } = await db
    .insertInto('attempts')
    .values({ key_hash: hashOf(limit), tries: 1, until: new Date(at.getTime() + limit.windowMs) })
    .onConflict((conflict) =>
      conflict.column('key_hash').doUpdateSet({
        tries: sql`case when ${isOver} then 1 else attempts.tries + 1 end`,
        until: sql`case when ${isOver} then excluded.until else attempts.until end`,
      }),
    )
    .returning(['tries', 'until'])
    .executeTakeFirstOrThrow()
  return tries > limit.max ? Math.ceil((until.getTime() - at.getTime()) / 1000) : undefined
}

export async function forgetAttempts(tx: Db, limit: Pick<Limit, 'key'>): Promise<void> {
  await tx.deleteFrom('attempts').where('key_hash', '=', hashOf(limit)).execute()
}

/** Deletes a few old rows at each attempt outside a transaction. Skips rows that another transaction has locked. */
async function deleteOld(db: Db, at: Date): Promise<void> {
  await db
    .deleteFrom('attempts')
    .where('key_hash', 'in', (from) =>
      from
        .selectFrom('attempts')
        .select('key_hash')
        .where('until', '<=', at)
        .orderBy('until')
        .limit(DELETED_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

const hashOf = ({ key }: Pick<Limit, 'key'>): Buffer => createHash('sha256').update(key).digest()
