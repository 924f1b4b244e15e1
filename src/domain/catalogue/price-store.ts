import type { PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'

export interface Price {
  edition: Edition
  /** A free package costs 0, every other more. */
  model: PriceModel
  amountMinor: number
  currency: string
}

/** What a package costs for one edition from now on; orders keep the price they were placed at. */
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

/** In order of edition, by package. */
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
