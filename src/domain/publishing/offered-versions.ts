import { compare } from '#kernel/composer-version/compare'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface OfferedVersion {
  /** The tag without `v`. */
  label: string
  versionNormalized: string
  stability: string
  releasedAt: Date
}

/**
 * A package's available versions, newest first in Composer's order, beginning after the normalized version `after`.
 */
export async function offeredVersions(
  db: Db,
  { packageId, limit, after }: { packageId: PackageId; limit: number; after?: string | undefined },
): Promise<OfferedVersion[]> {
  const rows = await db
    .selectFrom('versions')
    .select(['label', 'version_normalized', 'stability', 'released_at'])
    .where('package_id', '=', packageId)
    .where('status', '=', 'available')
    .execute()
  return rows
    .filter(({ version_normalized }) => after === undefined || compare(version_normalized, after) < 0)
    .sort((a, b) => compare(b.version_normalized, a.version_normalized))
    .slice(0, limit)
    .map(({ label, version_normalized, stability, released_at }) => ({
      label,
      versionNormalized: version_normalized,
      stability,
      releasedAt: released_at,
    }))
}
