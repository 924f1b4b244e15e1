import type { ProjectId, ProjectTokenId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

interface ListedToken {
  id: ProjectTokenId
  label: string
  publicKey: string
  /** `expiring`: valid until `expiresAt`. */
  state: 'valid' | 'expiring' | 'expired' | 'revoked'
  createdAt: Date
  lastUsedAt: Date | undefined
  expiresAt: Date | undefined
  /** It ends at `expiresAt` only if it is not used before. */
  endsIfUnused: boolean
  revokedAt: Date | undefined
}

/** All tokens that a project ever had, newest first, beginning after `after`, without private keys. */
export async function listProjectTokens(
  db: Db,
  wanted: {
    project: ProjectId
    /** Only those that work at `at`. */
    works?: boolean
    limit: number
    after?: ProjectTokenId | undefined
    at: Date
  },
): Promise<ListedToken[]> {
  const { project, works = false, limit, after, at } = wanted
  const rows = await db
    .selectFrom('project_tokens')
    .select(['id', 'label', 'public_key', 'created_at', 'last_used_at', 'expires_at', 'revoked_at'])
    .select('ends_if_unused')
    .where('project_id', '=', project)
    .$if(works, (query) =>
      query
        .where('revoked_at', 'is', null)
        .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)])),
    )
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? 'ptk_'))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    label: row.label,
    publicKey: row.public_key,
    state: stateAt(row, at),
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    endsIfUnused: row.ends_if_unused,
    revokedAt: row.revoked_at ?? undefined,
  }))
}

function stateAt(
  { expires_at, revoked_at }: { expires_at: Date | null; revoked_at: Date | null },
  at: Date,
): ListedToken['state'] {
  if (revoked_at) return 'revoked'
  if (!expires_at) return 'valid'
  return expires_at <= at ? 'expired' : 'expiring'
}
