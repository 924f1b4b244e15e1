import type { OrgId, PackageId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { VersionStatus } from '../../platform/tables.ts'
import { VersionNotFound } from './errors.ts'

export interface LockedVersion {
  id: VersionId
  packageId: PackageId
  /** The vendor's org. */
  org: OrgId
  status: VersionStatus
}

interface Wanted {
  /** Composer name. */
  package: string
  /** The tag without `v`. */
  version: string
  /** Only a version of this org's vendor is found. */
  vendorOf?: OrgId | undefined
}

/** Locks the version until the transaction ends. Refuses `version_not_found`. */
export async function lockVersion(
  tx: Db,
  { package: name, version, vendorOf }: Wanted,
): Promise<LockedVersion> {
  const row = await tx
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .innerJoin('vendors as n', 'n.id', 'p.vendor_id')
    .select(['v.id', 'v.package_id', 'v.status', 'n.org_id'])
    .where('p.name', '=', name)
    .where('v.label', '=', version)
    .$if(vendorOf !== undefined, (query) => query.where('n.org_id', '=', vendorOf ?? 'org_'))
    // not `for update`: rows that name the version are stored under the lock of its package, which is taken later
    .forNoKeyUpdate('v')
    .executeTakeFirst()
  if (!row) throw new VersionNotFound(name, version)
  return { id: row.id, packageId: row.package_id, org: row.org_id, status: row.status }
}
