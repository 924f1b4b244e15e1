import type { PackageId, VendorId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'

export interface NewPackage {
  id: PackageId
  vendorId: VendorId
  name: string
  /** Composer's, such as `magento2-module`. */
  type: string
  title: string
  summary: string
  /** A dependency that is never shown or sold by itself. */
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

/** The price of one package for one Magento edition, in minor units. */
export interface Price {
  edition: Edition
  model: PriceModel
  amountMinor: number
  currency: string
}

export async function setPrice(
  db: Db,
  { packageId, edition, model, amountMinor, currency, at }: Price & { packageId: PackageId; at: Date },
): Promise<void> {
  const price = { model, amount: amountMinor, currency, updated_at: at }
  await db
    .insertInto('package_prices')
    .values({ package_id: packageId, edition, ...price })
    .onConflict((on) => on.columns(['package_id', 'edition']).doUpdateSet(price))
    .execute()
}

/** By package, in order of edition. */
export async function pricesOf(db: Db, ids: readonly PackageId[]): Promise<Map<PackageId, Price[]>> {
  const prices = new Map<PackageId, Price[]>(ids.map((id) => [id, []]))
  if (!ids.length) return prices
  const rows = await db
    .selectFrom('package_prices')
    .select(['package_id', 'edition', 'model', 'amount', 'currency'])
    .where('package_id', 'in', ids)
    .orderBy('edition')
    .execute()
  for (const { package_id, edition, model, amount, currency } of rows)
    prices.get(package_id)?.push({ edition, model, amountMinor: amount, currency })
  return prices
}

/** Says that what Composer sees of a package is different now. */
export async function touchPackage(tx: Db, id: PackageId): Promise<void> {
  await tx
    .updateTable('packages')
    .set((row) => ({ revision: row('revision', '+', 1) }))
    .where('id', '=', id)
    .execute()
}

/** What a purchase has to know to price a package, or to refuse it. */
export interface PackageForPurchase {
  id: PackageId
  name: string
  vendorId: VendorId
  vendorSlug: string
  vendorApproved: boolean
  vendorPayable: boolean
  vendorSuspended: boolean
  hidden: boolean
  withdrawn: boolean
  hasVersions: boolean
  prices: Price[]
}

/** The packages of those names, whoever may see them; an unknown name is left out. */
export async function packagesForPurchase(db: Db, names: readonly string[]): Promise<PackageForPurchase[]> {
  if (!names.length) return []
  const rows = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'p.name', 'p.vendor_id', 'p.hidden_at', 'p.withdrawn_at'])
    .select(['v.slug', 'v.approved_at', 'v.payable_since', 'v.suspended_at'])
    .select((of) =>
      of
        .exists(
          of
            .selectFrom('versions as r')
            .select('r.id')
            .whereRef('r.package_id', '=', 'p.id')
            .where('r.status', '=', 'available'),
        )
        .as('has_versions'),
    )
    .where('p.name', 'in', names)
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
    hasVersions: Boolean(row.has_versions),
    prices: prices.get(row.id) ?? [],
  }))
}
