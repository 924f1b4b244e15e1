import { sql } from 'kysely'
import { newestFirst } from '#kernel/composer-version/compare'
import type { VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { VersionStatus } from '../../platform/tables.ts'
import { listed, type ListedPackage, publicPackages } from './search-packages.ts'

export interface PublicVersion {
  id: VersionId
  /** The tag without `v`. */
  label: string
  stability: string
  /** When we first saw the tag. */
  releasedAt: Date
  hasChangelog: boolean
}

/** A version that no new install gets. */
export interface GoneVersion extends PublicVersion {
  status: Exclude<VersionStatus, 'available'>
  /** Public. Undefined when it was withdrawn without a reason. */
  reason: string | undefined
}

export interface PublicPackage extends ListedPackage {
  /** The available versions, newest first. */
  versions: PublicVersion[]
  /** The withdrawn and the blocked versions, newest first. */
  gone: GoneVersion[]
  /** The newest stable version that is available. Without one, the newest available version. */
  newest: PublicVersion | undefined
  /** How often Composer reported an installation. The same key and version count once a minute, and the vendor's own org not at all. */
  installs: number
}

/**
 * Finds a package by name. Undefined when it does not exist, or when the shop does not show it. Never reads manifests
 * or texts, because a package may have thousands of versions.
 */
export async function findPublicPackage(db: Db, name: string): Promise<PublicPackage | undefined> {
  const rows = await publicPackages(db).where('o.name', '=', name).execute()
  const [found] = await listed(db, rows)
  if (!found) return undefined
  const stored = await db
    .selectFrom('versions')
    .select(['id', 'label', 'stability', 'version_normalized', 'released_at'])
    .select(['status', 'blocked_because', 'withdrawn_because'])
    .select(sql<boolean>`changelog is not null`.as('hasChangelog'))
    .where('package_id', '=', found.id)
    .execute()
  const installs = await db
    .selectFrom('package_downloads')
    .select('downloads')
    .where('package_id', '=', found.id)
    .executeTakeFirst()
  const [versions, gone]: [PublicVersion[], GoneVersion[]] = [[], []]
  for (const { id, label, stability, released_at, status, hasChangelog, ...because } of newestFirst(
    stored,
    (row) => row.version_normalized,
  )) {
    const version = { id, label, stability, releasedAt: released_at, hasChangelog }
    if (status === 'available') versions.push(version)
    else {
      const reason = status === 'blocked' ? because.blocked_because : because.withdrawn_because
      gone.push({ ...version, status, reason: reason ?? undefined })
    }
  }
  const newest = versions.find(({ stability }) => stability === 'stable') ?? versions[0]
  return { ...found, versions, gone, newest, installs: installs?.downloads ?? 0 }
}
