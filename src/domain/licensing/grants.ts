import { sql } from 'kysely'
import type { LicenceId, OrgId, PackageId, ProjectId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { Until } from './entitlements.ts'
import { isInForce } from './licence.ts'

/** A licence by which a project may install a package. */
export interface Grant {
  packageId: PackageId
  licence: LicenceId
  /** The package of the licence: the package itself, or one that covers it. */
  through: string
  until: Until
}

/** Every licence by which a project may install these packages. One statement. */
export async function grantsOf(
  db: Db,
  { project, packages }: { project: ProjectId; packages: readonly PackageId[] },
): Promise<Grant[]> {
  const { rows } = await sql<Omit<Grant, 'until'> & { until: Date | null }>`
    select c.child_id as "packageId", g.licence_id as licence, p.name as through,
           nullif(g.until, 'infinity') as until
      from licence_grants g
      join package_coverage c on c.parent_id = g.package_id and c.since <= g.until
      join packages p on p.id = g.package_id
     where g.project_id = ${project} and c.child_id = any(${packages}::text[])
     order by p.name, g.licence_id`.execute(db)
  return rows.map(({ until, ...grant }) => ({ ...grant, until: until ?? 'always' }))
}

/** A free slot of an org's licence, and a package that it would cover. */
export interface FreeSlot {
  packageId: PackageId
  licence: LicenceId
  through: string
}

/**
 * The free slots of an org that would cover these packages, in one statement: of each package the oldest licence that is
 * in force at `at`. Leaves out packages that the project already has (`except`).
 */
export async function freeSlotsFor(
  db: Db,
  wanted: {
    org: OrgId
    packages: readonly PackageId[]
    edition: Edition
    except: readonly PackageId[]
    at: Date
  },
): Promise<FreeSlot[]> {
  const { rows } = await sql<FreeSlot>`
    select distinct on (p.name, c.child_id) c.child_id as "packageId", l.id as licence, p.name as through
      from licences l
      join package_coverage c on c.parent_id = l.package_id
      join packages p on p.id = l.package_id
     where l.org_id = ${wanted.org} and l.edition = ${wanted.edition} and ${isInForce(wanted.at)}
       and c.child_id = any(${wanted.packages}::text[]) and not l.package_id = any(${wanted.except}::text[])
       and c.since <= coalesce(l.valid_until, 'infinity')
       and l.slots > (select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)
     order by p.name, c.child_id, l.id`.execute(db)
  return rows
}

/** All pairs of these packages and packages that cover them, each package also by itself. One statement. */
export async function coveringPackages(
  db: Db,
  children: readonly PackageId[],
): Promise<Array<{ parent: PackageId; child: PackageId; since: Date | undefined }>> {
  const { rows } = await sql<{ parent: PackageId; child: PackageId; since: Date | null }>`
    select parent_id as parent, child_id as child, nullif(since, '-infinity') as since
      from package_coverage where child_id = any(${children}::text[])`.execute(db)
  return rows.map(({ since, ...pair }) => ({ ...pair, since: since ?? undefined }))
}
