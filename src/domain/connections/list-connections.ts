import type { ConnectionId, CustomerId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

/** A live connection, for its own person. It has no token and no hash of one. */
export interface ListedConnection {
  id: ConnectionId
  /** The name that the client gave itself. */
  clientName: string
  /** The host of its metadata document. Undefined: nobody has verified the name. */
  clientHost: string | undefined
  /** Slug of the active org. Undefined when the person has left it. */
  org: string | undefined
  scopes: Scope[]
  connectedAt: Date
  lastUsedAt: Date | undefined
}

/** The connections of a customer that can be used, newest first. Uses the index `connections_by_customer`. */
export async function listConnections(
  db: Db,
  { customer, limit, after }: { customer: CustomerId; limit: number; after?: ConnectionId | undefined },
): Promise<ListedConnection[]> {
  const rows = await db
    .selectFrom('connections as c')
    .leftJoin('org_members as m', (on) =>
      on.onRef('m.org_id', '=', 'c.active_org_id').onRef('m.customer_id', '=', 'c.customer_id'),
    )
    .leftJoin('orgs as o', (on) => on.onRef('o.id', '=', 'm.org_id').on('o.deleted_at', 'is', null))
    .select([
      'c.id',
      'c.client_name',
      'c.client_host',
      'c.scopes',
      'c.created_at',
      'c.last_used_at',
      'o.slug',
    ])
    .where('c.customer_id', '=', customer)
    .where('c.revoked_at', 'is', null)
    .where('c.activated_at', 'is not', null)
    .$if(after !== undefined, (query) => query.where('c.id', '<', after ?? 'con_'))
    .orderBy('c.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    clientName: row.client_name,
    clientHost: row.client_host ?? undefined,
    org: row.slug ?? undefined,
    scopes: row.scopes as Scope[],
    connectedAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }))
}

/** Id → the name that the client gave itself, also of ended connections. */
export async function namesOfConnections(
  db: Db,
  ids: readonly ConnectionId[],
): Promise<Map<ConnectionId, string>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('connections')
    .select(['id', 'client_name'])
    .where('id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map(({ id, client_name }) => [id, client_name]))
}
