import { sql } from 'kysely'
import type { PackageId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { VersionStatus } from '../../platform/tables.ts'

export interface VersionOfMany {
  id: VersionId
  packageId: PackageId
  /** The tag without `v`. */
  label: string
  versionNormalized: string
  releasedAt: Date
  status: VersionStatus
}

/** A package, and a normalized version of it that is wanted however old it is. */
export interface VersionsWanted {
  packageId: PackageId
  versionNormalized: string | undefined
}

/** How many versions are read in all, and how many of one package: more of each when they are of fewer packages. */
const MOST = 20_000
const MOST_OF_ONE = 200
const LEAST_OF_ONE = 4

/** How many versions of each of so many packages are read. */
export const versionsRead = (packages: number): number =>
  Math.max(LEAST_OF_ONE, Math.min(MOST_OF_ONE, Math.floor(MOST / Math.max(packages, 1))))

/** The last released versions of many packages, also withdrawn and blocked ones, in one statement. In no order. */
export async function versionsOfMany(db: Db, wanted: readonly VersionsWanted[]): Promise<VersionOfMany[]> {
  const ids = wanted.map(({ packageId }) => packageId)
  const locked = wanted.map(({ versionNormalized }) => versionNormalized ?? null)
  const { rows } = await sql<VersionOfMany>`
    select v.id, v.package_id as "packageId", v.label, v.version_normalized as "versionNormalized",
           v.released_at as "releasedAt", v.status
      from unnest(${ids}::text[], ${locked}::text[]) as w (id, locked)
     cross join lateral (
       (select id, package_id, label, version_normalized, released_at, status
          from versions where package_id = w.id order by released_at desc limit ${versionsRead(wanted.length)})
        union
       (select id, package_id, label, version_normalized, released_at, status
          from versions where package_id = w.id and version_normalized = w.locked)) as v`.execute(db)
  return rows
}

/** What a version says about other packages, as its manifest has it: objects of names and constraints, or nonsense. */
export interface LinksOfVersion {
  id: VersionId
  require: unknown
  conflict: unknown
  replace: unknown
  provide: unknown
}

/** The links of many versions, in one statement, without the rest of their manifests. */
export async function linksOfMany(db: Db, versions: readonly VersionId[]): Promise<LinksOfVersion[]> {
  const { rows } = await sql<LinksOfVersion>`
    select id, manifest -> 'require' as require, manifest -> 'conflict' as conflict, manifest -> 'replace' as replace,
           manifest -> 'provide' as provide
      from versions where id = any(${versions}::text[])`.execute(db)
  return rows
}
