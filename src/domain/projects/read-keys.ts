import type { OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { readOneTimeSecret, type SealedSecret, tokenMintedBy } from '#domain/operations'
import type { Caller } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** Keys to show, and until when they work: undefined when they do not end. */
export type ReadKeys = SealedSecret & { until: Date | undefined }

/**
 * Reads the keys that an operation made, as `readOneTimeSecret`. Reading them in the browser removes the end that keys
 * have while nobody has seen them (`mintTokenFor`). Undefined for keys that have ended meanwhile.
 */
export async function readKeys(
  db: Db,
  read: { operation: OperationId; project?: ProjectId; caller: Caller; at: Date },
): Promise<ReadKeys | undefined> {
  return inTransaction(db, async (tx) => {
    const token = read.caller.connection ? undefined : await lockTokenOf(tx, read.operation)
    if (token?.expires_at && !token.ends_if_unused && token.expires_at <= read.at) return undefined
    const secret = await readOneTimeSecret(tx, read)
    if (!secret) return undefined
    const isKept = token !== undefined && (await keepSeen(tx, token.id))
    return { ...secret, until: isKept ? undefined : (token?.expires_at ?? undefined) }
  })
}

/** Who revokes a token locks it before its secret, so this does the same. */
async function lockTokenOf(tx: Db, operation: OperationId) {
  const id = await tokenMintedBy(tx, operation)
  if (!id) return undefined
  return tx
    .selectFrom('project_tokens')
    .select(['id', 'expires_at', 'ends_if_unused'])
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/**
 * Keys of a connection keep their end: they have one because newer keys took their place. So do keys that were rotated
 * before they were seen.
 */
async function keepSeen(tx: Db, token: ProjectTokenId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('project_tokens')
    .set({ expires_at: null, ends_if_unused: false })
    .where('id', '=', token)
    .where('connection_id', 'is', null)
    .where('ends_if_unused', '=', true)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
