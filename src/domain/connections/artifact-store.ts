import { hash } from 'node:crypto'
import { sql } from 'kysely'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { SealedText } from './client-store.ts'

/**
 * A short-lived object of the OAuth server, such as an authorization code. Its ids are secrets, stored by their hash.
 */
export interface Artifact extends SealedText {
  /** The kind of artifact, by its name in the engine. */
  model: string
  id: string
  /** A second id: the `uid` of a session, or the text that a person types for a device code. */
  otherId?: string | undefined
  connection?: ConnectionId | undefined
  expiresAt: Date
}

export interface FoundArtifact extends SealedText {
  idHash: Buffer
  expiresAt: Date
  /** What a person granted for it. */
  connection: ConnectionId | undefined
  /** A person did not allow the connection. */
  isRefused: boolean
  consumedAt: Date | undefined
}

/** Inserts an artifact, or replaces its payload. A replaced artifact keeps its connection, and stays consumed. */
export async function saveArtifact(db: Db, artifact: Artifact): Promise<void> {
  const { model, id, otherId, sealed, keyId, connection, expiresAt } = artifact
  const values = { sealed, key_id: keyId, expires_at: expiresAt }
  const connectionId = connection ?? null
  await db
    .insertInto('oauth_artifacts')
    .values({
      model,
      id_hash: hashOfArtifact(id),
      other_hash: otherId === undefined ? null : hashOfArtifact(otherId),
      connection_id: connectionId,
      ...values,
    })
    .onConflict((conflict) =>
      conflict.columns(['model', 'id_hash']).doUpdateSet({
        ...values,
        connection_id: sql`coalesce(oauth_artifacts.connection_id, ${connectionId})`,
      }),
    )
    .execute()
}

/** Finds an artifact by its id, or by its second id. Also finds an expired artifact that is not swept yet. */
export async function findArtifact(
  db: Db,
  model: string,
  by: { id: string } | { otherId: string },
): Promise<FoundArtifact | undefined> {
  const query = db
    .selectFrom('oauth_artifacts')
    .select(['id_hash', 'sealed', 'key_id', 'connection_id', 'consumed_at', 'refused_at', 'expires_at'])
    .where('model', '=', model)
  const row = await (
    'id' in by
      ? query.where('id_hash', '=', hashOfArtifact(by.id))
      : query.where('other_hash', '=', hashOfArtifact(by.otherId))
  ).executeTakeFirst()
  return (
    row && {
      idHash: row.id_hash,
      sealed: row.sealed,
      keyId: row.key_id,
      expiresAt: row.expires_at,
      connection: row.connection_id ?? undefined,
      isRefused: row.refused_at !== null,
      consumedAt: row.consumed_at ?? undefined,
    }
  )
}

/** Returns whether this call consumed it: of several callers only one gets true. */
export async function consumeArtifact(db: Db, model: string, id: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('oauth_artifacts')
    .set({ consumed_at: at })
    .where('model', '=', model)
    .where('id_hash', '=', hashOfArtifact(id))
    .where('consumed_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

export async function deleteArtifact(db: Db, model: string, id: string): Promise<void> {
  await db
    .deleteFrom('oauth_artifacts')
    .where('model', '=', model)
    .where('id_hash', '=', hashOfArtifact(id))
    .execute()
}

/** An id has 256 random bits, or a person types it within minutes and under a rate limit. */
export const hashOfArtifact = (id: string): Buffer => hash('sha256', id, 'buffer')
