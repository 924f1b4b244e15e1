import type { NotNull } from 'kysely'
import type { PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { packagesThatBring } from './comes-with.ts'
import { type Price, pricesOf } from './price-store.ts'

/** A package with everything that decides whether it can be bought, and for what price. */
export interface PackageForPurchase {
  id: PackageId
  name: string
  vendorId: VendorId
  vendorSlug: string
  /** When false, it is hidden, or its vendor is not approved. Only `comesWith` may then be told of it. */
  isKnown: boolean
  /** The packages in the shop that bring it, when it is hidden. */
  comesWith: string[]
  /** The shop shows it, and at least one version is available. */
  isSold: boolean
  /** The vendor can be paid. */
  vendorPayable: boolean
  /** One per edition that is sold. */
  prices: Price[]
}

/** Finds packages by name, also those that cannot be seen or sold. Only for the rules of a purchase. */
export async function packagesForPurchase(db: Db, names: readonly string[]): Promise<PackageForPurchase[]> {
  if (!names.length) return []
  const rows = await db
    .selectFrom('package_offers as o')
    .select(['o.id', 'o.name', 'o.vendor_id', 'o.vendor_slug'])
    .select(['o.is_known', 'o.is_sold', 'o.vendor_is_payable'])
    .where('o.name', 'in', names)
    .orderBy('o.name')
    .$narrowType<{ id: NotNull; name: NotNull; vendor_id: NotNull; vendor_slug: NotNull }>()
    .$narrowType<{ is_known: NotNull; is_sold: NotNull; vendor_is_payable: NotNull }>()
    .execute()
  const prices = await pricesOf(
    db,
    rows.map(({ id }) => id),
  )
  const hidden = rows.filter((row) => !row.is_known)
  const bringing = new Map<string, string[]>()
  for (const { name } of hidden) bringing.set(name, await packagesThatBring(db, name))
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    vendorId: row.vendor_id,
    vendorSlug: row.vendor_slug,
    isKnown: row.is_known,
    comesWith: bringing.get(row.name) ?? [],
    isSold: row.is_sold,
    vendorPayable: row.vendor_is_payable,
    prices: prices.get(row.id) ?? [],
  }))
}
