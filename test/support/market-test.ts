import { test } from 'vitest'
import { aMarket } from './a-market.ts'
import { aDatabase } from './database.ts'

/** A `test` with one demo market per file; `access` is that of `buyer` to `acme-retail`. */
export const marketTest = test
  .extend('database', { scope: 'file' }, () => aDatabase())
  .extend('market', { scope: 'file' }, ({ database: { db, close } }, { onCleanup }) => {
    onCleanup(close)
    return aMarket(db)
  })
  .extend('access', { scope: 'file' }, ({ market }) => market.access('buyer', 'acme-retail'))
