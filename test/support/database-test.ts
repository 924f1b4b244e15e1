import { test } from 'vitest'
import { aDatabase } from './database.ts'

/** A `test` with one migrated database per file. */
export const databaseTest = test
  .extend('database', { scope: 'file' }, () => aDatabase())
  .extend('db', { scope: 'file' }, ({ database: { db, close } }, { onCleanup }) => {
    onCleanup(close)
    return db
  })
