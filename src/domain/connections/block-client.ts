import { sql } from 'kysely'
import type { ConnectionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endConnections } from './revoke-connection.ts'

export interface ClientBlock {
  /** The id of a registration, or the URL of a metadata document. */
  clientId: string
  at: Date
}

/**
 * Blocks a client for everybody and ends all its connections in the same transaction. Its id cannot be connected or
 * refreshed again; the URL of a document may be blocked before it is ever used. Returns the connections that ended, also
 * on a repetition; undefined when there is no such registration.
 */
export async function blockClient(
  db: Db,
  { clientId, at }: ClientBlock,
): Promise<{ ended: ConnectionId[] } | undefined> {
  return inTransaction(db, async (tx) => {
    const found = isDocument(clientId)
      ? await blockDocument(tx, { clientId, at })
      : await blockRegistration(tx, { clientId, at })
    if (!found) return undefined
    const ended = await endConnections(tx, sql`client_id = ${clientId}`, { reason: 'client_blocked', at })
    if (found.isNew || ended.length) await auditBlock(tx, 'block_client', clientId, ended.length)
    return { ended }
  })
}

/** Allows a client to be connected again. Its ended connections stay ended. Returns whether it was blocked. */
export async function unblockClient(db: Db, clientId: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const unblocked = { blocked_at: null }
    const { numUpdatedRows } = isDocument(clientId)
      ? await tx
          .updateTable('client_documents')
          .set(unblocked)
          .where('url', '=', clientId)
          .where('blocked_at', 'is not', null)
          .executeTakeFirst()
      : await tx
          .updateTable('oauth_clients')
          .set(unblocked)
          .where('client_id', '=', clientId)
          .where('blocked_at', 'is not', null)
          .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await auditBlock(tx, 'unblock_client', clientId)
    return true
  })
}

/** Whether the client of `connections c` is blocked. Two look-ups by key. */
export const IS_BLOCKED = sql<boolean>`(
  exists (select from oauth_clients b where b.client_id = c.client_id and b.blocked_at is not null)
  or exists (select from client_documents b where b.url = c.client_id and b.blocked_at is not null))`

const isDocument = (clientId: string) => clientId.startsWith('https://')

/** Waits for a consent that is being given, so that its connection ends, too. */
async function blockRegistration(tx: Db, { clientId, at }: ClientBlock) {
  const known = await tx
    .selectFrom('oauth_clients')
    .select('blocked_at')
    .where('client_id', '=', clientId)
    .forUpdate()
    .executeTakeFirst()
  if (!known) return undefined
  const blocked_at = known.blocked_at ?? at
  await tx.updateTable('oauth_clients').set({ blocked_at }).where('client_id', '=', clientId).execute()
  return { isNew: known.blocked_at === null }
}

/** A document that was never fetched has no valid copy, so its moment is long ago. */
async function blockDocument(tx: Db, { clientId, at }: ClientBlock) {
  const never = { body: '', redirect_uris: [], fetched_at: new Date(0) }
  await tx
    .insertInto('client_documents')
    .values({ url: clientId, ...never })
    .onConflict((conflict) => conflict.column('url').doNothing())
    .execute()
  const { numUpdatedRows } = await tx
    .updateTable('client_documents')
    .set({ blocked_at: at })
    .where('url', '=', clientId)
    .where('blocked_at', 'is', null)
    .executeTakeFirst()
  return { isNew: numUpdatedRows > 0n }
}

const auditBlock = (tx: Db, action: string, client: string, connections?: number) =>
  audit(tx, {
    chain: 'platform',
    action,
    outcome: 'done',
    client,
    object: client,
    ...(connections !== undefined && { detail: { connections } }),
  })
