import { compare } from '#kernel/composer-version/compare'
import type { PackageId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { VersionStatus } from '../../platform/tables.ts'
import type { Manifest } from './manifest/subject.ts'

/** The data of a version by which the registry decides whether to serve it. */
export interface ServedVersion {
  id: VersionId
  tag: string
  label: string
  versionNormalized: string
  releasedAt: Date
  status: VersionStatus
  /** The operator's reason, when it is blocked. */
  blockedBecause: string | undefined
}

/** All versions of a package, also withdrawn and blocked ones, newest first in Composer's order. */
export async function versionsOf(db: Db, packageId: PackageId): Promise<ServedVersion[]> {
  const rows = await db
    .selectFrom('versions')
    .select(['id', 'tag', 'label', 'version_normalized', 'released_at', 'status', 'blocked_because'])
    .where('package_id', '=', packageId)
    .execute()
  rows.sort((a, b) => compare(b.version_normalized, a.version_normalized))
  return rows.map(({ id, tag, label, version_normalized, released_at, status, blocked_because }) => ({
    id,
    tag,
    label,
    versionNormalized: version_normalized,
    releasedAt: released_at,
    status,
    blockedBecause: blocked_because ?? undefined,
  }))
}

export interface VersionDetails {
  id: VersionId
  tag: string
  label: string
  versionNormalized: string
  committedAt: Date
  /** When we first saw the tag. */
  releasedAt: Date
  commitSha: string
  manifest: Manifest
  /** Hashes in hexadecimal. Undefined for a metapackage. */
  zip: { sha1: string; sha256: string } | undefined
}

/** How many manifests are in memory at once. Each may have half a megabyte. */
const AT_ONCE = 20

/** The details of versions with their manifests, in the order of `ids`. Reads some, and the next when those are used. */
export async function* versionDetails(db: Db, ids: readonly VersionId[]): AsyncGenerator<VersionDetails> {
  for (let from = 0; from < ids.length; from += AT_ONCE)
    yield* await detailsOf(db, ids.slice(from, from + AT_ONCE))
}

async function detailsOf(db: Db, ids: readonly VersionId[]): Promise<VersionDetails[]> {
  const rows = await db
    .selectFrom('versions')
    .select(['id', 'tag', 'label', 'version_normalized', 'committed_at', 'commit_sha', 'manifest'])
    .select(['released_at', 'zip_sha1', 'zip_sha256'])
    .where('id', 'in', ids)
    .execute()
  const found = new Map(rows.map((row) => [row.id, row]))
  return ids.flatMap((id) => {
    const row = found.get(id)
    if (!row) return []
    const { zip_sha1: sha1, zip_sha256: sha256 } = row
    return {
      id,
      tag: row.tag,
      label: row.label,
      versionNormalized: row.version_normalized,
      committedAt: row.committed_at,
      releasedAt: row.released_at,
      commitSha: row.commit_sha,
      manifest: row.manifest as Manifest,
      zip: sha1 && sha256 ? { sha1, sha256 } : undefined,
    }
  })
}

/** The versions that an operator blocked as malware, ordered by package name. */
export async function blockedVersions(
  db: Db,
  packages: readonly PackageId[],
): Promise<{ package: string; label: string }[]> {
  if (!packages.length) return []
  return db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['p.name as package', 'v.label'])
    .where('v.package_id', 'in', packages)
    .where('v.status', '=', 'blocked')
    .orderBy('p.name')
    .orderBy('v.released_at')
    .orderBy('v.id')
    .execute()
}
