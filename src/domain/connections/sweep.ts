import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endConnections } from './revoke-connection.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Deletes what is no longer needed: expired tokens and artifacts, registrations that got no grant within 7 days. Ends
 * connections that got no token within an hour, and connections whose last refresh token has expired. It may run in
 * several processes.
 */
export async function sweepConnections(db: Db, at: Date): Promise<void> {
  const before = (ms: number) => new Date(at.getTime() - ms)
  // an hour after the end, so that until then a late use is recognised and not treated as unknown
  const over = before(HOUR_MS)
  await db.deleteFrom('oauth_artifacts').where('expires_at', '<', over).execute()
  await db.deleteFrom('access_tokens').where('expires_at', '<', over).execute()
  await db.deleteFrom('refresh_tokens').where('expires_at', '<', over).execute()
  await db
    .deleteFrom('oauth_clients')
    .where('first_granted_at', 'is', null)
    .where('created_at', '<', before(7 * DAY_MS))
    .execute()
  await inTransaction(db, async (tx) => {
    const neverUsed = sql`activated_at is null and created_at < ${before(HOUR_MS)}`
    await endConnections(tx, neverUsed, { reason: 'never_used', at })
    const lapsed = sql`created_at < ${before(90 * DAY_MS)}
      and not exists (select from refresh_tokens t where t.connection_id = connections.id)
      and not exists (select from access_tokens t where t.connection_id = connections.id)`
    await endConnections(tx, lapsed, { reason: 'lapsed', at })
  })
}
