import { sql } from 'kysely'
import { compare } from '#kernel/composer-version/compare'
import { mintId, type PackageId } from '#kernel/ids'
import { normalize } from '#kernel/composer-version/normalize'
import type { Db } from '#platform/database'

/**
 * Stores a version without any check, as an earlier release may have done it. Its zip is that of the newest version.
 */
export async function aStoredVersion(
  db: Db,
  { packageId, tag, manifest, at }: { packageId: PackageId; tag: string; manifest: object; at: Date },
): Promise<void> {
  const versions = await db
    .selectFrom('versions')
    .select(['version_normalized', 'commit_sha', 'tree_sha', 'zip_sha1', 'zip_sha256', 'zip_bytes'])
    .select(['content_sha256', 'builder'])
    .where('package_id', '=', packageId)
    .execute()
  const [newest] = versions.sort((a, b) => compare(b.version_normalized, a.version_normalized))
  if (!newest) throw new Error('the package has no version')
  await db
    .insertInto('versions')
    .values({
      ...newest,
      id: mintId('ver', at, Math.random),
      package_id: packageId,
      tag,
      label: tag.replace(/^v/, ''),
      version_normalized: normalize(tag),
      stability: 'stable',
      released_at: at,
      committed_at: at,
      manifest: JSON.stringify(manifest),
    })
    .execute()
}

/** Stores older versions, at most 999, with the manifest of a stored one. */
export async function copiesOfAVersion(
  db: Db,
  { packageId, tag, count }: { packageId: PackageId; tag: string; count: number },
): Promise<void> {
  await sql`
    insert into versions (id, package_id, tag, label, version_normalized, stability, released_at, committed_at,
                          commit_sha, tree_sha, manifest)
    select left(id, -4) || lpad(n::text, 4, '0'), package_id, '0.0.' || n, '0.0.' || n, '0.0.' || n || '.0',
           stability, released_at, committed_at, commit_sha, tree_sha, manifest
      from versions, generate_series(1, ${count}::int) as n
     where package_id = ${packageId} and tag = ${tag}`.execute(db)
}
