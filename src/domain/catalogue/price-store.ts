import type { PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'

export interface Price {
  edition: Edition
  /** `free` costs 0. All others cost more than 0. */
  model: PriceModel
  amountMinor: number
  currency: string
}

/** Sets the price of a package for one edition. Existing orders keep their price. */
export async function setPrice(db: Db, price: Price & { packageId: PackageId; at: Date }): Promise<void> {
  const terms = {
    model: price.model,
    amount: price.amountMinor,
    currency: price.currency,
    updated_at: price.at,
  }
  await db
    .insertInto('package_prices')
    .values({ package_id: price.packageId, edition: price.edition, ...terms })
    .onConflict((on) => on.columns(['package_id', 'edition']).doUpdateSet(terms))
    .execute()
}

/** The prices of each package, ordered by edition. */
export async function pricesOf(db: Db, packages: readonly PackageId[]): Promise<Map<PackageId, Price[]>> {
  const prices = new Map<PackageId, Price[]>(packages.map((id) => [id, []]))
  if (!packages.length) return prices
  const rows = await db
    .selectFrom('package_prices')
    .select(['package_id', 'edition', 'model', 'amount', 'currency'])
    .where('package_id', 'in', packages)
    .orderBy('edition')
    .execute()
  for (const { package_id, edition, model, amount, currency } of rows)
    prices.get(package_id)?.push({ edition, model, amountMinor: amount, currency })
  return prices
}
