import { compare } from '#kernel/composer-version/compare'
import type { Db } from '../../platform/database.ts'
import { listed, type ListedPackage, publicPackages } from './search-packages.ts'

export interface PublicVersion {
  /** The tag without `v`. */
  label: string
  tag: string
  stability: string
  /** When we first saw the tag. */
  releasedAt: Date
  /** Composer's `require`. */
  require: Record<string, string>
}

export interface PublicPackage extends ListedPackage {
  /** The available versions, newest first. */
  versions: PublicVersion[]
  /** Markdown of the newest version, written by the vendor. */
  readme: string | undefined
}

/** Finds a package by name. Undefined when it does not exist, or when the shop does not show it. */
export async function findPublicPackage(db: Db, name: string): Promise<PublicPackage | undefined> {
  const rows = await publicPackages(db).where('o.name', '=', name).execute()
  const [found] = await listed(db, rows)
  if (!found) return undefined
  const versions = await db
    .selectFrom('versions')
    .select(['id', 'label', 'tag', 'stability', 'version_normalized', 'released_at', 'manifest'])
    .where('package_id', '=', found.id)
    .where('status', '=', 'available')
    .execute()
  versions.sort((a, b) => compare(b.version_normalized, a.version_normalized))
  const newest = versions.find(({ stability }) => stability === 'stable') ?? versions[0]
  const page =
    newest &&
    (await db.selectFrom('versions').select('readme').where('id', '=', newest.id).executeTakeFirst())
  return {
    ...found,
    versions: versions.map((version) => ({
      label: version.label,
      tag: version.tag,
      stability: version.stability,
      releasedAt: version.released_at,
      require: requirements(version.manifest),
    })),
    readme: page?.readme ?? undefined,
  }
}

/** Reads `[]` as empty, because PHP writes an empty object like that. */
function requirements(manifest: unknown): Record<string, string> {
  const { require } = manifest as { require?: Record<string, string> }
  return require && !Array.isArray(require) ? require : {}
}
