import { sql } from 'kysely'
import type { ConnectionId, CustomerId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { nudgeWaiting } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

export interface Revocation {
  id: ConnectionId
  /** The reason, which is stored with the connection, such as `person`, `client`, `refresh_token_reused`. */
  reason: string
  at: Date
  /** Ends only a connection of this person. Absent when one of our rules ends the connection. */
  by?: CustomerId
  request?: string
}

/**
 * Ends a connection and deletes its tokens and codes, so that the next call gets 401 and a refresh fails. After the
 * commit, `connection_revoked` is notified with its id, and what it started and waits for the person is nudged to end. A connection that has already ended keeps its first reason.
 * Returns whether this call ended it.
 */
export async function revokeConnection(db: Db, { id, by, ...why }: Revocation): Promise<boolean> {
  const which = by ? sql`id = ${id} and customer_id = ${by}` : sql`id = ${id}`
  return (await inTransaction(db, (tx) => endConnections(tx, which, why))).length > 0
}

/** Ends all connections of a person, or those of one application, in the same way. Returns their ids. */
export async function revokeConnectionsOf(db: Db, ended: ConnectionsOf): Promise<ConnectionId[]> {
  return inTransaction(db, (tx) => endConnectionsOf(tx, ended))
}

export type ConnectionsOf = { customer: CustomerId; clientId?: string } & Why

/** The same in the caller's transaction. */
export async function endConnectionsOf(
  tx: Db,
  { customer, clientId, ...why }: ConnectionsOf,
): Promise<ConnectionId[]> {
  const which = clientId
    ? sql`customer_id = ${customer} and client_id = ${clientId}`
    : sql`customer_id = ${customer}`
  return endConnections(tx, which, why)
}

type Why = Pick<Revocation, 'reason' | 'at' | 'request'>

/** Ends the connections in the caller's transaction. It is one statement, so that no token outlives its connection. */
export async function endConnections(
  tx: Db,
  which: ReturnType<typeof sql>,
  { reason, at, request }: Why,
): Promise<ConnectionId[]> {
  const { rows } = await sql<{ id: ConnectionId; customer_id: CustomerId; client_id: string }>`
    with ended as (
      update connections set revoked_at = ${at}, revoke_reason = ${reason}
       where revoked_at is null and ${which}
      returning id, customer_id, client_id
    ), access as (
      delete from access_tokens where connection_id in (select id from ended)
    ), refresh as (
      delete from refresh_tokens where connection_id in (select id from ended)
    ), artifacts as (
      delete from oauth_artifacts where connection_id in (select id from ended)
    )
    select id, customer_id, client_id, pg_notify('connection_revoked', id) from ended order by customer_id, id`.execute(
    tx,
  )
  for (const { id, customer_id: customer } of rows) await nudgeWaiting(tx, { customer, connections: [id] })
  for (const { id, customer_id: customer, client_id: client } of rows)
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'revoke_connection',
      outcome: 'done',
      customer,
      connection: id,
      client,
      object: id,
      request,
      detail: { reason },
    })
  return rows.map(({ id }) => id)
}
