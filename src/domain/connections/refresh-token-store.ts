import type { ConnectionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { hashOfToken } from './access-token.ts'

/** Parallel processes of a client present the same token, so it works again for this long after its first use. */
const GRACE_MS = 60_000
const MOST_USES = 10

/** A refresh token as the engine wants it back. The payload contains no secret. */
export interface RefreshToken {
  token: string
  connection: ConnectionId
  payload: Record<string, unknown>
  expiresAt: Date
}

export async function saveRefreshToken(db: Db, refresh: RefreshToken, at: Date): Promise<void> {
  const { token, connection, payload, expiresAt } = refresh
  await db
    .insertInto('refresh_tokens')
    .values({
      token_hash: hashOfToken(token),
      connection_id: connection,
      payload: JSON.stringify(payload),
      expires_at: expiresAt,
      created_at: at,
    })
    .execute()
}

/** `consumedAt` is undefined during the grace period after the first use. */
export async function findRefreshToken(
  db: Db,
  token: string,
  at: Date,
): Promise<{ payload: Record<string, unknown>; consumedAt: Date | undefined } | undefined> {
  const row = await db
    .selectFrom('refresh_tokens')
    .select(['payload', 'consumed_at'])
    .where('token_hash', '=', hashOfToken(token))
    .executeTakeFirst()
  if (!row) return undefined
  const isOver = row.consumed_at && row.consumed_at <= graceSince(at)
  return {
    payload: row.payload as Record<string, unknown>,
    consumedAt: isOver ? (row.consumed_at ?? undefined) : undefined,
  }
}

/**
 * Counts one use. Returns how often the token was used, this use included. Returns undefined when it may not be used:
 * it is unknown, was used too often, or its grace period is over. The grace period begins with the first use. Each
 * further use within it is audited, at most 9 of one token.
 */
export async function useRefreshToken(db: Db, token: string, at: Date): Promise<number | undefined> {
  const { numUpdatedRows } = await db
    .updateTable('refresh_tokens')
    .set({ consumed_at: at, uses: 1 })
    .where('token_hash', '=', hashOfToken(token))
    .where('consumed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n ? 1 : reuseRefreshToken(db, token, at)
}

async function reuseRefreshToken(db: Db, token: string, at: Date): Promise<number | undefined> {
  return inTransaction(db, async (tx) => {
    const used = await tx
      .updateTable('refresh_tokens')
      .set((is) => ({ uses: is('uses', '+', 1) }))
      .where('token_hash', '=', hashOfToken(token))
      .where('uses', '<', MOST_USES)
      .where('consumed_at', '>', graceSince(at))
      .returning(['uses', 'connection_id'])
      .executeTakeFirst()
    if (used) await auditReuse(tx, used.connection_id, used.uses)
    return used?.uses
  })
}

async function auditReuse(tx: Db, connection: ConnectionId, uses: number): Promise<void> {
  const { customer, client } = await tx
    .selectFrom('connections')
    .select(['customer_id as customer', 'client_id as client'])
    .where('id', '=', connection)
    .executeTakeFirstOrThrow()
  await audit(tx, {
    chain: `customer:${customer}`,
    action: 'reuse_refresh_token',
    outcome: 'done',
    customer,
    connection,
    client,
    object: connection,
    detail: { uses },
  })
}

export async function deleteRefreshToken(db: Db, token: string): Promise<void> {
  await db.deleteFrom('refresh_tokens').where('token_hash', '=', hashOfToken(token)).execute()
}

const graceSince = (at: Date) => new Date(at.getTime() - GRACE_MS)
