import { sql } from 'kysely'
import type { PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type Price, pricesOf } from './price-store.ts'

/** A package with everything that decides whether and for how much it may be bought. */
export interface PackageForPurchase {
  id: PackageId
  name: string
  vendorId: VendorId
  vendorSlug: string
  vendorApproved: boolean
  /** Money can be paid out to the vendor. */
  vendorPayable: boolean
  vendorSuspended: boolean
  /** Only ever installed as another package's requirement. */
  hidden: boolean
  withdrawn: boolean
  /** At least one version is on offer. */
  hasVersions: boolean
  /** One per edition that is sold. */
  prices: Price[]
}

/** By name, hidden and unsellable ones included; a name nobody registered is missing. For the rules of a purchase only. */
export async function packagesForPurchase(db: Db, names: readonly string[]): Promise<PackageForPurchase[]> {
  if (!names.length) return []
  const rows = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'p.name', 'p.hidden_at', 'p.withdrawn_at', 'p.vendor_id', 'v.slug'])
    .select(['v.approved_at', 'v.payable_since', 'v.suspended_at'])
    .select(
      sql<boolean>`exists (select from versions where package_id = p.id and status = 'available')`.as(
        'has_versions',
      ),
    )
    .where('p.name', 'in', names)
    .orderBy('p.name')
    .execute()
  const prices = await pricesOf(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    vendorId: row.vendor_id,
    vendorSlug: row.slug,
    vendorApproved: row.approved_at !== null,
    vendorPayable: row.payable_since !== null,
    vendorSuspended: row.suspended_at !== null,
    hidden: row.hidden_at !== null,
    withdrawn: row.withdrawn_at !== null,
    hasVersions: row.has_versions,
    prices: prices.get(row.id) ?? [],
  }))
}
