import { authenticate as check, type Authenticated } from '../src/domain/connections/authenticate.ts'
import type { Db } from '#platform/database'

const known = new Map<string, Promise<Authenticated | undefined>>()

/** Stands in for the check of a token: it asks the database only once for each token. */
export function authenticate(db: Db, token: string): Promise<Authenticated | undefined> {
  const remembered = known.get(token) ?? check(db, token)
  known.set(token, remembered)
  return remembered
}
