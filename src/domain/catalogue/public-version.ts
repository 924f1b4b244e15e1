import { sql } from 'kysely'
import type { VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { licencesIn, type SupportLink, supportIn } from './vendor-links.ts'

/** Where a version comes from, and what it requires. Hashes are hexadecimal. */
export interface VersionDetails {
  tag: string
  commitSha: string
  treeSha: string
  committedAt: Date
  /** The commit that the tag names now, when somebody moved it. We keep the first one. */
  movedTo: string | undefined
  /** Undefined for a metapackage. */
  zip: { sha1: string; sha256: string; bytes: number; contentSha256: string } | undefined
  /** The lines of Magento with which it works. Undefined: its composer.json says nothing about Magento. */
  worksWith: string[] | undefined
  /** Releases of Magento with which the vendor says that it was tested. */
  testedWith: string[]
  /** Composer's `require`, as the vendor wrote it. */
  require: Record<string, string>
  /** Composer's `conflict`, as the vendor wrote it. */
  conflict: Record<string, string>
  /** Licences of the code, as the vendor wrote them: one of them suffices. */
  licences: string[]
  support: SupportLink[]
}

/** Reads one version that the caller found. Undefined when it was deleted meanwhile. */
export async function versionDetails(db: Db, id: VersionId): Promise<VersionDetails | undefined> {
  const row = await db
    .selectFrom('versions as v')
    .leftJoin('version_compatibility as c', 'c.version_id', 'v.id')
    .select(['tag', 'commit_sha', 'tree_sha', 'committed_at', 'moved_to', 'manifest'])
    .select(['c.works_with', 'c.tested_with'])
    .select(['zip_sha1', 'zip_sha256', 'zip_bytes', 'content_sha256'])
    .where('v.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { zip_sha1: sha1, zip_sha256: sha256, zip_bytes: bytes, content_sha256: contentSha256 } = row
  return {
    tag: row.tag,
    commitSha: row.commit_sha,
    treeSha: row.tree_sha,
    committedAt: row.committed_at,
    movedTo: row.moved_to ?? undefined,
    zip: sha1 && sha256 && bytes && contentSha256 ? { sha1, sha256, bytes, contentSha256 } : undefined,
    worksWith: row.works_with ?? undefined,
    testedWith: row.tested_with ?? [],
    require: linksOf(row.manifest, 'require'),
    conflict: linksOf(row.manifest, 'conflict'),
    licences: licencesIn(row.manifest),
    support: supportIn(row.manifest),
  }
}

/**
 * Composer's `require` of some versions. Reads their whole manifests, so pass few: Postgres cannot read a part of one that
 * has a NUL.
 */
export async function requirementsOf(
  db: Db,
  ids: readonly VersionId[],
): Promise<Map<VersionId, Record<string, string>>> {
  if (!ids.length) return new Map()
  const rows = await db.selectFrom('versions').select(['id', 'manifest']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, manifest }) => [id, linksOf(manifest, 'require')]))
}

/** Reads `[]` as empty, because PHP writes an empty object like that. */
function linksOf(manifest: unknown, type: 'require' | 'conflict'): Record<string, string> {
  const { [type]: links } = manifest as Partial<Record<typeof type, Record<string, string>>>
  return links && !Array.isArray(links) ? links : {}
}

/** Markdown that the vendor wrote, cut after `length` characters. */
export async function versionText(
  db: Db,
  { id, kind, length }: { id: VersionId; kind: 'readme' | 'changelog'; length: number },
): Promise<string | undefined> {
  const row = await db
    .selectFrom('versions')
    .select(sql<string | null>`left(${sql.ref(kind)}, ${length})`.as('text'))
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.text ?? undefined
}
