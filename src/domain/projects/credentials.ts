import { timingSafeEqual } from 'node:crypto'
import { sql } from 'kysely'
import type { ProjectId, ProjectTokenId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { hashOfPrivateKey, type KeyPair } from './project-token.ts'

/** What a project token opens. */
export interface ProjectCredentials {
  token: ProjectTokenId
  project: ProjectId
  isArchived: boolean
}

const NOBODYS_HASH = Buffer.alloc(32)

/**
 * Whose token a key pair is at `at`; nothing for one that is unknown, wrong, revoked or expired. Answers in the same
 * time for a public key that exists and one that does not. Notes the use, at most once a minute.
 */
export async function projectOfKeys(
  db: Db,
  { publicKey, privateKey, at }: KeyPair & { at: Date },
): Promise<ProjectCredentials | undefined> {
  const row = await db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.project_id', 't.private_key_hash', 't.last_used_at', 'p.archived_at'])
    .where('t.public_key', '=', publicKey)
    .where('t.revoked_at', 'is', null)
    .where((where) => where.or([where('t.expires_at', 'is', null), where('t.expires_at', '>', at)]))
    .executeTakeFirst()
  const isRight = timingSafeEqual(hashOfPrivateKey(privateKey), row?.private_key_hash ?? NOBODYS_HASH)
  if (!row || !isRight) return undefined
  if (!row.last_used_at || at.getTime() - row.last_used_at.getTime() >= 60_000) await noteUse(db, row.id, at)
  return { token: row.id, project: row.project_id, isArchived: row.archived_at !== null }
}

/** Once it was used, nobody takes a token for one of many that were minted and forgotten. */
async function noteUse(db: Db, token: ProjectTokenId, at: Date): Promise<void> {
  await db
    .updateTable('project_tokens')
    .set({ last_used_at: at, first_used_at: sql<Date>`coalesce(first_used_at, ${at})` })
    .where('id', '=', token)
    .execute()
}
