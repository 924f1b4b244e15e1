import type { OrgId, PackageId, VendorId } from '#kernel/ids'
import { isSuspended, lockVendor } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { PackageToPublishNotFound, VendorIsSuspended } from './errors.ts'

export interface PackageToPublish {
  name: string
  vendorId: VendorId
  /** The vendor's org. */
  orgId: OrgId
}

/** Locks the vendor, as `publishVersion` does. Refuses `package_not_found`. */
export async function lockPackageToPublish(tx: Db, id: PackageId): Promise<PackageToPublish> {
  const found = await packageToPublish(tx, id)
  await lockVendor(tx, found.vendorId)
  return found
}

/** As `lockPackageToPublish`. Also refuses `vendor_not_approved` while the vendor is suspended: its buyers get no new version. */
export async function lockPackageOfActiveVendor(tx: Db, id: PackageId): Promise<PackageToPublish> {
  const found = await lockPackageToPublish(tx, id)
  // read after the lock was taken, because a suspension waits for this lock
  if (await isSuspended(tx, found.vendorId)) throw new VendorIsSuspended(found.name)
  return found
}

/** Refuses `package_not_found`. */
export async function packageToPublish(db: Db, id: PackageId): Promise<PackageToPublish> {
  const row = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.name', 'p.vendor_id as vendorId', 'v.org_id as orgId'])
    .where('p.id', '=', id)
    .executeTakeFirst()
  if (!row) throw new PackageToPublishNotFound(id)
  return row
}
