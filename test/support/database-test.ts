import { test } from 'vitest'
import { aDatabase } from './database.ts'

/** A `test` with one migrated database per file. */
export const databaseTest = test
  .extend('template', { scope: 'file' }, (): Parameters<typeof aDatabase>[0] => 'template')
  .extend('database', { scope: 'file' }, ({ template }) => aDatabase(template))
  .extend('db', { scope: 'file' }, ({ database: { db, close } }, { onCleanup }) => {
    onCleanup(close)
    return db
  })
