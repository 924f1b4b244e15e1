import { sql } from 'kysely'
import type { OrgId, PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type Price, pricesOf, setPrice } from './price-store.ts'

export const VISIBILITIES = ['public', 'withdrawn', 'hidden'] as const

/**
 * - `public`: the shop shows it, and sells it if it has a price.
 * - `withdrawn`: it is not shown or sold any more. Whoever has it keeps it, and Composer calls it abandoned.
 * - `hidden`: it is only a part of other packages. Others cannot learn that it exists.
 */
export type Visibility = (typeof VISIBILITIES)[number]

/** What a vendor decides about a package. */
export interface Offer {
  id: PackageId
  name: string
  /** Composer's package type. */
  type: string
  vendorId: VendorId
  title: string
  summary: string
  visibility: Visibility
  /** Counts the changes of the offer. */
  revision: number
  prices: Price[]
}

interface OffersWanted {
  org: OrgId
  limit: number
  /** Only packages with a name after this one. */
  after?: string | undefined
}

/** The packages of an org's vendors, ordered by name. Including those that nobody else sees. */
export async function offersOf(db: Db, { org, limit, after }: OffersWanted): Promise<Offer[]> {
  const rows = await offers(db)
    .where('v.org_id', '=', org)
    .$if(after !== undefined, (query) => query.where('p.name', '>', after ?? ''))
    .orderBy('p.name')
    .limit(limit)
    .execute()
  return withPrices(db, rows)
}

/** The offer of a package of an org. Undefined also for a package of another org. */
export async function findOffer(
  db: Db,
  { org, id }: { org: OrgId; id: PackageId },
): Promise<Offer | undefined> {
  const rows = await offers(db).where('v.org_id', '=', org).where('p.id', '=', id).execute()
  return (await withPrices(db, rows))[0]
}

/** As `findOffer`, and locks the package until the transaction ends, so that only one change at a time is made. */
export async function lockOffer(tx: Db, wanted: { org: OrgId; id: PackageId }): Promise<Offer | undefined> {
  // locks first, so that the offer is read after the change before was committed
  await tx.selectFrom('packages').select('id').where('id', '=', wanted.id).forNoKeyUpdate().execute()
  return findOffer(tx, wanted)
}

/** Stores what is given and counts the change. `prices` replaces all prices. The caller has to lock the offer. */
export async function storeOffer(
  tx: Db,
  id: PackageId,
  change: { title?: string; summary?: string; prices?: readonly Price[]; at: Date },
): Promise<void> {
  const { title, summary, prices, at } = change
  await tx
    .updateTable('packages')
    .set((row) => ({
      ...(title !== undefined && { title }),
      ...(summary !== undefined && { summary }),
      offer_revision: row('offer_revision', '+', 1),
    }))
    .where('id', '=', id)
    .execute()
  if (!prices) return
  await tx.deleteFrom('package_prices').where('package_id', '=', id).execute()
  for (const price of prices) await setPrice(tx, { packageId: id, ...price, at })
}

/** Stores the visibility and counts the change. The caller has to lock the vendor and the offer. */
export async function storeVisibility(
  tx: Db,
  id: PackageId,
  { visibility, at }: { visibility: Visibility; at: Date },
): Promise<void> {
  const isHidden = visibility === 'hidden'
  await tx
    .updateTable('packages')
    .set((row) => ({
      hidden_at: isHidden ? at : null,
      withdrawn_at: visibility === 'withdrawn' ? at : null,
      ...(!isHidden && {
        shown_at: sql<Date | null>`case when hidden_at is null then shown_at else ${at}::timestamptz end`,
      }),
      offer_revision: row('offer_revision', '+', 1),
    }))
    .where('id', '=', id)
    .execute()
}

const offers = (db: Db) =>
  db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'p.name', 'p.type', 'p.vendor_id', 'p.title', 'p.summary', 'p.offer_revision'])
    .select(['p.hidden_at', 'p.withdrawn_at'])

type Row = Awaited<ReturnType<ReturnType<typeof offers>['execute']>>[number]

async function withPrices(db: Db, rows: readonly Row[]): Promise<Offer[]> {
  const prices = await pricesOf(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map(({ vendor_id, offer_revision, hidden_at, withdrawn_at, ...row }) => ({
    ...row,
    vendorId: vendor_id,
    visibility: hidden_at ? 'hidden' : withdrawn_at ? 'withdrawn' : 'public',
    revision: offer_revision,
    prices: prices.get(row.id) ?? [],
  }))
}
