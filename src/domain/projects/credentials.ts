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
  /** The org of the project was deleted. */
  isOrgDeleted: boolean
}

/** Why keys are no good. Only who knows the private key learns that its token has ended. */
export type RefusedKeys =
  | { refused: 'unknown_key' }
  | { refused: 'revoked_key' | 'expired_key'; project: ProjectId; endedAt: Date }

/** The key pair of a request. The private key is already hashed. */
export interface PresentedKeys {
  publicKey: string
  privateKeyHash: Buffer
}

/** A stored token, even if it has ended. */
export interface StoredToken extends ProjectCredentials {
  privateKeyHash: Buffer
  revokedAt: Date | undefined
  expiresAt: Date | undefined
  /** It ends at `expiresAt` only if it is not used before. */
  endsIfUnused: boolean
  lastUsedAt: Date | undefined
}

const DUMMY_HASH = Buffer.alloc(32)

const UNKNOWN: RefusedKeys = { refused: 'unknown_key' }

/**
 * Finds the token of a key pair at `at`, or says why the pair is no good; takes the same time whether the public key
 * exists or not. A wrong private key is an unknown key. Records the use at most once a minute. `find` looks up a stored
 * token by its public key.
 */
export function projectOfKeys(
  db: Db,
  { publicKey, privateKeyHash, at }: PresentedKeys & { at: Date },
  find: (db: Db, publicKey: string) => MaybePromise<StoredToken | undefined> = findStoredToken,
): MaybePromise<ProjectCredentials | RefusedKeys> {
  return chain(find(db, publicKey), (stored) => {
    const isRight = timingSafeEqual(privateKeyHash, stored?.privateKeyHash ?? DUMMY_HASH)
    if (!stored || !isRight) return UNKNOWN
    const { project, revokedAt, expiresAt } = stored
    if (revokedAt) return { refused: 'revoked_key', project, endedAt: revokedAt }
    if (expiresAt && expiresAt <= at) return { refused: 'expired_key', project, endedAt: expiresAt }
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
    .innerJoin('orgs as o', 'o.id', 'p.org_id')
    .select(['t.id', 't.project_id', 't.private_key_hash', 't.revoked_at', 't.expires_at', 't.last_used_at'])
    .select(['t.ends_if_unused', 'p.archived_at', 'o.deleted_at'])
    .where('t.public_key', '=', publicKey)
    .executeTakeFirst()
  return (
    row && {
      token: row.id,
      project: row.project_id,
      isArchived: row.archived_at !== null,
      isOrgDeleted: row.deleted_at !== null,
      privateKeyHash: row.private_key_hash,
      revokedAt: row.revoked_at ?? undefined,
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
