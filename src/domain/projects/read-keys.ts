import type { OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { readOneTimeSecret, type SealedSecret, tokenMintedBy } from '#domain/operations'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/**
 * Reads the keys that an operation made, as `readOneTimeSecret`. The first reading in the browser removes the end that
 * keys have while nobody has seen them (`mintTokenFor`).
 */
export async function readKeys(
  db: Db,
  read: { operation: OperationId; project?: ProjectId; caller: Caller; at: Date },
): Promise<SealedSecret | undefined> {
  return inTransaction(db, async (tx) => {
    const token = read.caller.connection ? undefined : await lockTokenOf(tx, read.operation)
    const secret = await readOneTimeSecret(tx, read)
    if (token && secret?.isFirstReading) await keepSeen(tx, token)
    return secret && { keyId: secret.keyId, sealed: secret.sealed }
  })
}

/** Who revokes a token locks it before its secret, so this does the same. */
async function lockTokenOf(tx: Db, operation: OperationId): Promise<ProjectTokenId | undefined> {
  const id = await tokenMintedBy(tx, operation)
  if (id) await tx.selectFrom('project_tokens').select('id').where('id', '=', id).forNoKeyUpdate().execute()
  return id
}

/**
 * Keys of a connection keep their end: they have one because newer keys took their place. So do keys that were rotated
 * before they were seen.
 */
async function keepSeen(tx: Db, token: ProjectTokenId): Promise<void> {
  await tx
    .updateTable('project_tokens')
    .set({ expires_at: null, ends_if_unused: false })
    .where('id', '=', token)
    .where('connection_id', 'is', null)
    .where('ends_if_unused', '=', true)
    .execute()
}
