import type { OrgId, PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { PackageHasAnotherRepository, PackageIsNotOfThisOrg } from './errors.ts'

/** A repository that a package follows. */
export interface FollowedRepository {
  org: OrgId
  name: string
  host: string
  /** The host's id. */
  id: string
  /** Whether the host reports pushes to us. */
  isHooked: boolean
}

/** Undefined when the package was not published from Git. Uses the index `package_hooks_one_per_package`. */
export async function repositoryOfPackage(db: Db, of: PackageId): Promise<FollowedRepository | undefined> {
  const row = await db
    .selectFrom('package_hooks as h')
    .innerJoin('packages as p', 'p.id', 'h.package_id')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['v.org_id', 'p.name', 'h.host', 'h.repository_id', 'h.host_hook_id'])
    .where('h.package_id', '=', of)
    .where('h.removed_at', 'is', null)
    .executeTakeFirst()
  return (
    row && {
      org: row.org_id,
      name: row.name,
      host: row.host,
      id: row.repository_id,
      isHooked: row.host_hook_id !== null,
    }
  )
}

/** The package of an org by its Composer name. Refuses `package_not_found`, also for one of another org. */
export async function packageOfOrg(db: Db, { org, name }: { org: OrgId; name: string }): Promise<PackageId> {
  const row = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select('p.id')
    .where('p.name', '=', name)
    .where('v.org_id', '=', org)
    .executeTakeFirst()
  if (!row) throw new PackageIsNotOfThisOrg(name)
  return row.id
}

/** The refusal for a package that another operation published from another repository meanwhile. */
export async function followsAnotherRepository(db: Db, of: PackageId): Promise<PackageHasAnotherRepository> {
  return new PackageHasAnotherRepository((await repositoryOfPackage(db, of))?.name ?? of)
}
