import { type IsolationLevel, Kysely } from 'kysely'
import type { Db } from './database.ts'
import type { DB } from './tables.ts'

/**
 * Runs `run` in one transaction. This is the only way to begin one. Only the domain may import it, which an import rule
 * checks. A transaction cannot begin another one.
 */
export function inTransaction<T>(
  db: Db,
  run: (tx: Db) => Promise<T>,
  { isolation }: { isolation?: IsolationLevel } = {},
): Promise<T> {
  if (!isKysely(db)) throw new TypeError('A transaction cannot begin another one.')
  const transaction = db.transaction()
  return (isolation ? transaction.setIsolationLevel(isolation) : transaction).execute(run)
}

const isKysely = (db: Db): db is Kysely<DB> => db instanceof Kysely
