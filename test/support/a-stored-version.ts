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
