import { type RawBuilder, sql } from 'kysely'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Price } from './price-store.ts'

/** A package, and whether and at what prices it can be bought. */
export interface OfferedPackage {
  id: PackageId
  name: string
  vendorSlug: string
  /** When false, it is hidden, or its vendor is not approved. */
  isKnown: boolean
  /** The shop shows it, and at least one version is available. */
  isSold: boolean
  vendorPayable: boolean
  /** One per edition that is sold. */
  prices: Price[]
}

/** Finds many packages by name in one statement, also those that cannot be seen or sold. Ordered by name. */
export const offeredByName = (db: Db, names: readonly string[]): Promise<OfferedPackage[]> =>
  offered(db, sql`o.name = any(${names}::text[])`)

/** As `offeredByName`, by id. */
export const offeredById = (db: Db, ids: readonly PackageId[]): Promise<OfferedPackage[]> =>
  offered(db, sql`o.id = any(${ids}::text[])`)

async function offered(db: Db, which: RawBuilder<unknown>): Promise<OfferedPackage[]> {
  const { rows } = await sql<OfferedPackage>`
    select o.id, o.name, o.vendor_slug as "vendorSlug", o.is_known as "isKnown", o.is_sold as "isSold",
           o.vendor_is_payable as "vendorPayable",
           coalesce((
             select json_agg(json_build_object('edition', r.edition, 'model', r.model, 'amountMinor', r.amount,
                                               'currency', r.currency) order by r.edition)
               from package_prices r where r.package_id = o.id), '[]') as prices
      from package_offers o
     where ${which}
     order by o.name`.execute(db)
  return rows
}
