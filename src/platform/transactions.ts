import { type IsolationLevel, Kysely } from 'kysely'
import type { Db } from './database.ts'
import type { DB } from './tables.ts'

/**
 * Runs all of it or nothing, on one connection. The only way to begin a transaction, so that an import shows who may:
 * the domain, never a door or a step. A transaction cannot begin another one.
 */
export function inTransaction<T>(
  db: Db,
  run: (tx: Db) => Promise<T>,
  { isolation }: { isolation?: IsolationLevel } = {},
): Promise<T> {
  if (!isKysely(db)) throw new TypeError('This is no database.')
  const transaction = db.transaction()
  return (isolation ? transaction.setIsolationLevel(isolation) : transaction).execute(run)
}

const isKysely = (db: Db): db is Kysely<DB> => db instanceof Kysely
