import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { shownName } from './shown-name.ts'

export interface NewConnection {
  id: ConnectionId
  customer: CustomerId
  activeOrg: OrgId
  clientId: string
  /** The name that the client gave itself. Stored up to 60 characters. */
  clientName: string
  /** Verified host of the client's metadata document. */
  clientHost?: string
  redirectHost?: string
  /** Connected by a code that was typed (RFC 8628). Such a connection never may buy. */
  isDevice?: boolean
  /** The scopes that the person granted. `read` is always added. */
  scopes: readonly Scope[]
  at: Date
}

/** Creates a connection: what one person granted to one client. It is active at once. */
export const createConnection = (db: Db, connection: NewConnection): Promise<void> =>
  insertConnection(db, { ...connection, activatedAt: connection.at })

/** `activatedAt` is null until the client gets its first access token. */
export async function insertConnection(
  db: Db,
  connection: NewConnection & { activatedAt: Date | null },
): Promise<void> {
  const scopes = [...new Set<Scope>(['read', ...connection.scopes])]
  await db
    .insertInto('connections')
    .values({
      id: connection.id,
      customer_id: connection.customer,
      active_org_id: connection.activeOrg,
      client_id: connection.clientId,
      client_name: shownName(connection.clientName),
      client_host: connection.clientHost ?? null,
      redirect_host: connection.redirectHost ?? null,
      is_device: connection.isDevice ?? false,
      granted_scopes: scopes,
      scopes,
      created_at: connection.at,
      activated_at: connection.activatedAt,
    })
    .execute()
}

export interface ConnectionDetails {
  id: ConnectionId
  clientName: string
  clientHost: string | undefined
  scopes: Scope[]
  createdAt: Date
  customer: { id: CustomerId; displayName: string; email: string }
}

/** A connection with its person's name and address. Show it only to that person. */
export async function describeConnection(db: Db, id: ConnectionId): Promise<ConnectionDetails> {
  const row = await db
    .selectFrom('connections as c')
    .innerJoin('customers as u', 'u.id', 'c.customer_id')
    .select(['c.id', 'c.client_name', 'c.client_host', 'c.scopes', 'c.created_at'])
    .select(['u.id as customer', 'u.display_name', 'u.email_norm'])
    .where('c.id', '=', id)
    .executeTakeFirstOrThrow()
  return {
    id: row.id,
    clientName: row.client_name,
    clientHost: row.client_host ?? undefined,
    scopes: row.scopes as Scope[],
    createdAt: row.created_at,
    customer: { id: row.customer, displayName: row.display_name, email: row.email_norm },
  }
}
