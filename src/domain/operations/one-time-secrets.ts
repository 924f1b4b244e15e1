import type { ConnectionId, CustomerId, OperationId, ProjectTokenId } from '#kernel/ids'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** A secret may be read again for 15 minutes after its first reading (answers get lost), unread ones for a day. */
const AFTER_FIRST_READING = 15 * 60_000
const UNREAD = 24 * 60 * 60_000

export interface SealedSecret {
  keyId: string
  sealed: Buffer
}

/** Kept once per operation: a second writer leaves the first one's. Answers whether it was kept. */
export async function keepOneTimeSecret(
  tx: Db,
  secret: SealedSecret & {
    operation: OperationId
    customer: CustomerId
    connection: ConnectionId | undefined
    /** Whose keys it is: the secret ends with it. */
    token: ProjectTokenId
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
      created_at: secret.at,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

/** The secret for the connection that asked, or its customer in the browser; absent for others and after its time. */
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
      .forUpdate()
      .executeTakeFirst()
    if (!row || (caller.connection && row.connection_id !== caller.connection)) return undefined
    const until = row.first_read_at
      ? row.first_read_at.getTime() + AFTER_FIRST_READING
      : row.created_at.getTime() + UNREAD
    if (at.getTime() > until) {
      await tx.deleteFrom('one_time_secrets').where('operation_id', '=', operation).execute()
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

/** Keys that open nothing any more are not shown either. */
export async function forgetSecretsOf(tx: Db, tokens: readonly ProjectTokenId[]): Promise<void> {
  if (tokens.length) await tx.deleteFrom('one_time_secrets').where('token_id', 'in', tokens).execute()
}

/** The token whose keys an operation sealed, also after they were read. */
export async function tokenMintedBy(tx: Db, operation: OperationId): Promise<ProjectTokenId | undefined> {
  const row = await tx
    .selectFrom('one_time_secrets')
    .select('token_id')
    .where('operation_id', '=', operation)
    .executeTakeFirst()
  return row?.token_id ?? undefined
}
