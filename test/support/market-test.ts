import { aMarket } from './a-market.ts'
import { databaseTest } from './database-test.ts'

/** A `test` with one demo market per file; `access` is that of `buyer` to `acme-retail`. */
export const marketTest = databaseTest
  .extend('template', { scope: 'file' }, () => 'market' as const)
  .extend('market', { scope: 'file' }, ({ db }) => aMarket(db))
  .extend('access', { scope: 'file' }, ({ market }) => market.access('buyer', 'acme-retail'))
