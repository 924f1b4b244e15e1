import { timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { ProjectId, ProjectTokenId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** What a project token opens. */
export interface ProjectCredentials {
  token: ProjectTokenId
  project: ProjectId
  isArchived: boolean
}

/** What somebody presents: a key pair whose private half is hashed already. */
export interface PresentedKeys {
  publicKey: string
  privateKeyHash: Buffer
}

/** A token as it is stored, unless it was revoked. */
export interface StoredToken extends ProjectCredentials {
  privateKeyHash: Buffer
  expiresAt: Date | undefined
  lastUsedAt: Date | undefined
}

const NOBODYS_HASH = Buffer.alloc(32)

/**
 * Whose token a key pair is at `at`; nothing for one that is unknown, wrong, revoked or expired. Answers in the same
 * time for a public key that exists and one that does not. Notes the use, at most once a minute. `find`: how a stored
 * token is looked up by its public key.
 */
export async function projectOfKeys(
  db: Db,
  { publicKey, privateKeyHash, at }: PresentedKeys & { at: Date },
  find = findStoredToken,
): Promise<ProjectCredentials | undefined> {
  const stored = await find(db, publicKey)
  const isRight = timingSafeEqual(privateKeyHash, stored?.privateKeyHash ?? NOBODYS_HASH)
  if (!stored || !isRight || (stored.expiresAt && stored.expiresAt <= at)) return undefined
  if (!stored.lastUsedAt || at.getTime() - stored.lastUsedAt.getTime() >= 60_000) {
    // whoever holds on to it notes no more either
    stored.lastUsedAt = at
    await noteUse(db, stored.token, at)
  }
  return stored
}

export async function findStoredToken(db: Db, publicKey: string): Promise<StoredToken | undefined> {
  const row = await db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.project_id', 't.private_key_hash', 't.expires_at', 't.last_used_at', 'p.archived_at'])
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
      lastUsedAt: row.last_used_at ?? undefined,
    }
  )
}

/** Once it was used, nobody takes a token for one of many that were minted and forgotten. */
async function noteUse(db: Db, token: ProjectTokenId, at: Date): Promise<void> {
  await db
    .updateTable('project_tokens')
    .set({ last_used_at: at, first_used_at: sql<Date>`coalesce(first_used_at, ${at})` })
    .where('id', '=', token)
    .execute()
}
