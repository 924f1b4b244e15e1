import type { ConnectionId, CustomerId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { IS_BLOCKED } from './block-client.ts'

export interface Grant {
  customer: CustomerId
  clientId: string
  /** The scopes that the person granted at the consent. They do not contain a later change: each call checks for one. */
  scopes: Scope[]
  createdAt: Date
}

/** What a connection grants. Undefined when it has ended, its customer is disabled, or its client is blocked. */
export async function findGrant(db: Db, id: ConnectionId): Promise<Grant | undefined> {
  const row = await db
    .selectFrom('connections as c')
    .innerJoin('customers as u', 'u.id', 'c.customer_id')
    .select(['c.customer_id', 'c.client_id', 'c.granted_scopes', 'c.created_at'])
    .where('c.id', '=', id)
    .where('c.revoked_at', 'is', null)
    .where('u.disabled_at', 'is', null)
    .where((is) => is.not(IS_BLOCKED))
    .executeTakeFirst()
  if (!row) return undefined
  return {
    customer: row.customer_id,
    clientId: row.client_id,
    scopes: row.granted_scopes as Scope[],
    createdAt: row.created_at,
  }
}
