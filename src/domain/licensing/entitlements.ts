import { sql } from 'kysely'
import type { PackageId, ProjectId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** The releases of a package that a project may install: those up to and including this time, or all. */
export type Until = Date | 'always'

export interface Entitlement {
  packageId: PackageId
  name: string
  until: Until
  /** The shop shows it. */
  isPublic: boolean
}

/** All packages that a project may install, ordered by name. */
export async function entitlementsOf(db: Db, project: ProjectId): Promise<Entitlement[]> {
  const { rows } = await sql<{ id: PackageId; name: string; is_public: boolean; until: Date | null }>`
    select o.id, o.name, o.is_public, nullif(e.until, 'infinity') as until
      from entitlements e
      join package_offers o on o.id = e.package_id
     where e.project_id = ${project}
     order by o.name collate "C"`.execute(db)
  return rows.map(({ id, name, is_public, until }) => ({
    packageId: id,
    name,
    isPublic: is_public,
    until: until ?? 'always',
  }))
}

/**
 * The packages of a project whose updates end after `from` and not after `to`. Leaves out packages that another licence
 * covers for longer.
 */
export async function windowsEnding(
  db: Db,
  { project, from, to }: { project: ProjectId; from: Date; to: Date },
): Promise<{ name: string; until: Date; isPublic: boolean }[]> {
  const { rows } = await sql<{ name: string; until: Date; is_public: boolean }>`
    select o.name, e.until, o.is_public
      from licence_grants g
      join package_offers o on o.id = g.package_id
      join entitlements e on e.project_id = g.project_id and e.package_id = g.package_id and e.until = g.until
     where g.project_id = ${project} and e.until > ${from} and e.until <= ${to}
     order by o.name`.execute(db)
  return rows.map(({ name, until, is_public }) => ({ name, until, isPublic: is_public }))
}

/** The package of a project's licences that covers `packageId` for the longest time. It may be the package itself. */
export async function grantingPackage(
  db: Db,
  { project, packageId }: { project: ProjectId; packageId: PackageId },
): Promise<{ name: string; isPublic: boolean } | undefined> {
  const { rows } = await sql<{ name: string; is_public: boolean }>`
    select o.name, o.is_public
      from licence_grants g
      join package_coverage c on c.parent_id = g.package_id and c.since <= g.until
      join package_offers o on o.id = g.package_id
     where g.project_id = ${project} and c.child_id = ${packageId}
     order by g.until desc, o.id <> ${packageId}, o.name
     limit 1`.execute(db)
  const [row] = rows
  return row && { name: row.name, isPublic: row.is_public }
}

/** Every package that a project holds or has held, and all packages that they cover. */
export async function packagesEverHeld(db: Db, project: ProjectId): Promise<PackageId[]> {
  const rows = await db
    .selectFrom('activations as a')
    .innerJoin('package_coverage as c', 'c.parent_id', 'a.package_id')
    .select('c.child_id as id')
    .distinct()
    .where('a.project_id', '=', project)
    .where('a.activated_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}

/** A package, and the access of one project to it. */
export interface PackageOfProject {
  id: PackageId
  name: string
  /** Increases with every change of the data that the registry serves about the package. */
  revision: number
  /** Undefined: not licensed. */
  until: Until | undefined
  /** The shop shows it. */
  isPublic: boolean
  /** The vendor no longer sells the package. Projects with a licence keep it. */
  isWithdrawn: boolean
  /** The project holds or has held a licence of its vendor. */
  buysFromVendor: boolean
  /** How many days the project waits for a new version. */
  cooldownDays: number
}

/**
 * Finds a package by name. Without a project it is not licensed. Uses one statement, so that all fields are
 * consistent.
 */
export async function packageOfProject(
  db: Db,
  { project, name }: { project: ProjectId | undefined; name: string },
): Promise<PackageOfProject | undefined> {
  const viewer = project ?? null
  const { rows } = await sql<Row>`
    select o.id, o.name, o.revision, e.package_id is not null as licensed, nullif(e.until, 'infinity') as until,
           o.is_public, o.is_withdrawn,
           exists (select from activations a join packages b on b.id = a.package_id
                    where a.project_id = ${viewer} and a.activated_at is not null
                      and b.vendor_id = o.vendor_id) as buys_from_vendor,
           coalesce((select r.cooldown_days from projects r where r.id = ${viewer}), 0) as cooldown_days
      from package_offers o
      left join entitlements e on e.package_id = o.id and e.project_id = ${viewer}
     where o.name = ${name}`.execute(db)
  const row = rows[0]
  return (
    row && {
      id: row.id,
      name: row.name,
      revision: row.revision,
      until: row.licensed ? (row.until ?? 'always') : undefined,
      isPublic: row.is_public,
      isWithdrawn: row.is_withdrawn,
      buysFromVendor: row.buys_from_vendor,
      cooldownDays: row.cooldown_days,
    }
  )
}

interface Row {
  id: PackageId
  name: string
  revision: number
  licensed: boolean
  until: Date | null
  is_public: boolean
  is_withdrawn: boolean
  buys_from_vendor: boolean
  cooldown_days: number
}

/** Whether `until` includes a release. A later `until` includes all releases of an earlier one. */
export const isWithin = (until: Until, releasedAt: Date): boolean => until === 'always' || releasedAt <= until
