import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/**
 * Ends all connections of a customer and deletes their tokens, so that their next calls get 401. Returns how many it
 * ended. The transaction belongs to the caller.
 */
export async function revokeAllConnections(
  tx: Db,
  { customer, reason, at }: { customer: CustomerId; reason: string; at: Date },
): Promise<number> {
  const ended = await tx
    .updateTable('connections')
    .set({ revoked_at: at, revoke_reason: reason })
    .where('customer_id', '=', customer)
    .where('revoked_at', 'is', null)
    .returning('id')
    .execute()
  const ids = ended.map(({ id }) => id)
  if (ids.length) await tx.deleteFrom('access_tokens').where('connection_id', 'in', ids).execute()
  return ids.length
}
