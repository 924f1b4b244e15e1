import { timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { ProjectId, ProjectTokenId } from '#kernel/ids'
import { chain, type MaybePromise } from '#kernel/maybe-promise'
import type { Db } from '../../platform/database.ts'

/** A project token and the project that it gives access to. */
export interface ProjectCredentials {
  token: ProjectTokenId
  project: ProjectId
  isArchived: boolean
}

/** The key pair of a request. The private key is already hashed. */
export interface PresentedKeys {
  publicKey: string
  privateKeyHash: Buffer
}

/** A stored token that is not revoked. */
export interface StoredToken extends ProjectCredentials {
  privateKeyHash: Buffer
  expiresAt: Date | undefined
  /** It ends at `expiresAt` only if it is not used before. */
  endsIfUnused: boolean
  lastUsedAt: Date | undefined
}

const DUMMY_HASH = Buffer.alloc(32)

/**
 * Finds the token of a key pair at `at`. Returns undefined for a pair that is unknown, wrong, revoked or expired;
 * takes the same time whether the public key exists or not. Records the use at most once a minute. `find` looks up a
 * stored token by its public key.
 */
export function projectOfKeys(
  db: Db,
  { publicKey, privateKeyHash, at }: PresentedKeys & { at: Date },
  find: (db: Db, publicKey: string) => MaybePromise<StoredToken | undefined> = findStoredToken,
): MaybePromise<ProjectCredentials | undefined> {
  return chain(find(db, publicKey), (stored) => {
    const isRight = timingSafeEqual(privateKeyHash, stored?.privateKeyHash ?? DUMMY_HASH)
    if (!stored || !isRight || (stored.expiresAt && stored.expiresAt <= at)) return undefined
    if (stored.lastUsedAt && at.getTime() - stored.lastUsedAt.getTime() < 60_000) return stored
    // changes the object too, because the caller may keep it in memory
    stored.lastUsedAt = at
    if (stored.endsIfUnused) Object.assign(stored, { expiresAt: undefined, endsIfUnused: false })
    return recordUse(db, stored.token, at).then(() => stored)
  })
}

export async function findStoredToken(db: Db, publicKey: string): Promise<StoredToken | undefined> {
  const row = await db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.project_id', 't.private_key_hash', 't.expires_at', 't.last_used_at', 'p.archived_at'])
    .select('t.ends_if_unused')
    .where('t.public_key', '=', publicKey)
    .where('t.revoked_at', 'is', null)
    .executeTakeFirst()
  return (
    row && {
      token: row.id,
      project: row.project_id,
      isArchived: row.archived_at !== null,
      privateKeyHash: row.private_key_hash,
      expiresAt: row.expires_at ?? undefined,
      endsIfUnused: row.ends_if_unused,
      lastUsedAt: row.last_used_at ?? undefined,
    }
  )
}

/**
 * Does not change the time of the first use, because a new token ends only tokens that were never used. A token that
 * would have ended unused does not end any more. Only then `expires_at` is written, because the registry forgets all tokens
 * with each change of one.
 */
async function recordUse(db: Db, token: ProjectTokenId, at: Date): Promise<void> {
  const used = await db
    .updateTable('project_tokens')
    .set({ last_used_at: at, first_used_at: sql<Date>`coalesce(first_used_at, ${at})` })
    .where('id', '=', token)
    .returning('ends_if_unused')
    .executeTakeFirst()
  if (!used?.ends_if_unused) return
  await db
    .updateTable('project_tokens')
    .set({ expires_at: null, ends_if_unused: false })
    .where('id', '=', token)
    .where('ends_if_unused', '=', true)
    .execute()
}
