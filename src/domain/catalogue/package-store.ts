import type { OrgId, PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface NewPackage {
  id: PackageId
  vendorId: VendorId
  name: string
  /** Composer's package type, such as `magento2-module`. */
  type: string
  title: string
  summary: string
  /** It is only a dependency of other packages, and never shown or sold alone. */
  hidden?: boolean
  at: Date
}

export async function addPackage(db: Db, added: NewPackage): Promise<void> {
  await db
    .insertInto('packages')
    .values({
      id: added.id,
      vendor_id: added.vendorId,
      name: added.name,
      type: added.type,
      title: added.title,
      summary: added.summary,
      created_at: added.at,
      hidden_at: added.hidden ? added.at : null,
    })
    .execute()
}

export async function findPackage(db: Db, id: PackageId) {
  const row = await db
    .selectFrom('packages')
    .select(['name', 'vendor_id'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row && { name: row.name, vendorId: row.vendor_id }
}

/** The package of this name. */
export async function packageNamed(db: Db, name: string) {
  const row = await db
    .selectFrom('packages')
    .select(['id', 'vendor_id'])
    .where('name', '=', name)
    .executeTakeFirst()
  return row && { id: row.id, vendorId: row.vendor_id }
}

/** Deletes a package that was never published. Returns false when there is none. */
export async function deletePackage(tx: Db, id: PackageId): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('packages').where('id', '=', id).executeTakeFirst()
  return numDeletedRows > 0n
}

/** Call it after every change of the data that the registry serves about a package. */
export async function touchPackage(tx: Db, id: PackageId): Promise<void> {
  await tx
    .updateTable('packages')
    .set((row) => ({ revision: row('revision', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** Whether the package belongs to a vendor of the org. */
export async function isPackageOfOrg(db: Db, { org, id }: { org: OrgId; id: PackageId }): Promise<boolean> {
  const row = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select('p.id')
    .where('p.id', '=', id)
    .where('v.org_id', '=', org)
    .executeTakeFirst()
  return row !== undefined
}
