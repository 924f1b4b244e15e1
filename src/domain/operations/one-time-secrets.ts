import type { ConnectionId, CustomerId, OperationId, ProjectTokenId } from '#kernel/ids'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/**
 * A secret can be read for a day. After the first reading it can be read for 15 minutes, because a response may be
 * lost.
 */
const UNREAD_MS = 24 * 60 * 60_000
const AFTER_FIRST_READING_MS = 15 * 60_000

export interface SealedSecret {
  keyId: string
  sealed: Buffer
}

/** Stores the secret of an operation. An earlier one is not replaced. Returns whether this call stored it. */
export async function keepOneTimeSecret(
  tx: Db,
  secret: SealedSecret & {
    operation: OperationId
    customer: CustomerId
    connection: ConnectionId | undefined
    /** The token whose keys it contains. The secret is deleted when the token is revoked. */
    token: ProjectTokenId
    /** It can only be fetched by a link, and no answer of an assistant's tool contains it. */
    byLink: boolean
    at: Date
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('one_time_secrets')
    .values({
      operation_id: secret.operation,
      key_id: secret.keyId,
      sealed: secret.sealed,
      customer_id: secret.customer,
      connection_id: secret.connection ?? null,
      token_id: secret.token,
      by_link: secret.byLink,
      created_at: secret.at,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

/**
 * Only the connection that asked, or its customer in the browser, can read it. Undefined for others, after it expired,
 * and when it can only be fetched by a link.
 */
export async function readOneTimeSecret(
  db: Db,
  { operation, caller, at }: { operation: OperationId; caller: Caller; at: Date },
): Promise<SealedSecret | undefined> {
  return inTransaction(db, async (tx) => {
    const row = await tx
      .selectFrom('one_time_secrets')
      .select(['connection_id', 'first_read_at', 'created_at', 'key_id', 'sealed'])
      .where('operation_id', '=', operation)
      .where('customer_id', '=', caller.customer)
      .where('by_link', '=', false)
      .forUpdate()
      .executeTakeFirst()
    if (!row || (caller.connection && row.connection_id !== caller.connection)) return undefined
    const until = row.first_read_at
      ? row.first_read_at.getTime() + AFTER_FIRST_READING_MS
      : row.created_at.getTime() + UNREAD_MS
    if (at.getTime() > until) {
      await deleteOneTimeSecret(tx, operation)
      return undefined
    }
    if (!row.first_read_at)
      await tx
        .updateTable('one_time_secrets')
        .set({ first_read_at: at })
        .where('operation_id', '=', operation)
        .execute()
    return { keyId: row.key_id, sealed: row.sealed }
  })
}

export interface LinkedSecret extends SealedSecret {
  customer: CustomerId
  connection: ConnectionId | undefined
  token: ProjectTokenId
  /** The time at which the secret is deleted, even if it was never fetched. */
  until: Date
}

/**
 * Locks a secret that can only be fetched by a link. Undefined when there is none: it was fetched, its token was
 * revoked, or it has expired. Also deletes an expired secret.
 */
export async function lockLinkedSecret(
  tx: Db,
  { operation, at }: { operation: OperationId; at: Date },
): Promise<LinkedSecret | undefined> {
  const row = await tx
    .selectFrom('one_time_secrets')
    .select(['customer_id', 'connection_id', 'token_id', 'created_at', 'key_id', 'sealed'])
    .where('operation_id', '=', operation)
    .where('by_link', '=', true)
    .forUpdate()
    .executeTakeFirst()
  if (!row?.token_id) return undefined
  const until = new Date(row.created_at.getTime() + UNREAD_MS)
  if (at >= until) {
    await deleteOneTimeSecret(tx, operation)
    return undefined
  }
  return {
    keyId: row.key_id,
    sealed: row.sealed,
    customer: row.customer_id,
    connection: row.connection_id ?? undefined,
    token: row.token_id,
    until,
  }
}

export async function deleteOneTimeSecret(tx: Db, operation: OperationId): Promise<void> {
  await tx.deleteFrom('one_time_secrets').where('operation_id', '=', operation).execute()
}

/** Deletes the secrets of revoked tokens. */
export async function forgetSecretsOf(tx: Db, tokens: readonly ProjectTokenId[]): Promise<void> {
  if (tokens.length) await tx.deleteFrom('one_time_secrets').where('token_id', 'in', tokens).execute()
}

/** The token that an operation minted. */
export async function tokenMintedBy(tx: Db, operation: OperationId): Promise<ProjectTokenId | undefined> {
  const row = await tx
    .selectFrom('one_time_secrets')
    .select('token_id')
    .where('operation_id', '=', operation)
    .executeTakeFirst()
  return row?.token_id ?? undefined
}
