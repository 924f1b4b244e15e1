import type { Offer, Visibility } from '#domain/catalogue'
import type { PackageId } from '#kernel/ids'
import { shownMoney } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'

/** Why nobody can buy a package now. */
export const OBSTACLES = [
  'vendor_not_approved',
  'not_public',
  'no_price',
  'no_version',
  'vendor_not_payable',
] as const
export type Obstacle = (typeof OBSTACLES)[number]

/** What a change returns about a package. A type and not an interface, because results need its index signature. */
export type OfferState = {
  package: string
  visibility: Visibility
  revision: number
  prices: ReturnType<typeof shownPrices>
  /** Absent when it can be bought. */
  not_sold_because?: Obstacle[]
}

export async function offerState(db: Db, offer: Offer): Promise<OfferState> {
  const { name, visibility, revision, prices } = offer
  const obstacles = (await obstaclesOf(db, [offer])).get(offer.id) ?? []
  return {
    package: name,
    visibility,
    revision,
    prices: shownPrices(prices),
    ...(obstacles.length && { not_sold_because: obstacles }),
  }
}

const shownPrices = (prices: Offer['prices']) =>
  prices.map(({ edition, model, ...price }) => ({ edition, model, price: shownMoney(price) }))

/** Why each of these packages cannot be bought. An empty list for one that can. */
export async function obstaclesOf(db: Db, offers: readonly Offer[]): Promise<Map<PackageId, Obstacle[]>> {
  if (!offers.length) return new Map()
  const rows = await db
    .selectFrom('package_offers as o')
    .select(['o.id', 'o.is_known', 'o.is_public', 'o.is_sold', 'o.vendor_is_payable'])
    .where(
      'o.id',
      'in',
      offers.map(({ id }) => id),
    )
    .execute()
  return new Map(
    offers.map((offer) => {
      const row = rows.find(({ id }) => id === offer.id)
      const isPaid = offer.prices.some(({ model }) => model !== 'free')
      // the view hides a public offer only when its vendor may not sell
      const mayVendorSell = offer.visibility !== 'public' || row?.is_public === true
      const found: [Obstacle, boolean][] = [
        ['vendor_not_approved', !mayVendorSell],
        ['not_public', offer.visibility !== 'public'],
        ['no_price', !offer.prices.length],
        ['no_version', mayVendorSell && offer.visibility === 'public' && row?.is_sold !== true],
        ['vendor_not_payable', isPaid && row?.vendor_is_payable !== true],
      ]
      return [offer.id, found.flatMap(([obstacle, is]) => (is ? [obstacle] : []))]
    }),
  )
}
