import type { Edition } from '#kernel/schemas'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import type { OfferedPackage, PackageForPurchase, Price } from '#domain/catalogue'
import { EditionNotSold, notInShop, PackageNotForSale, VendorNotReady } from './errors.ts'

/** The price of a package for an edition. Refuses when it is not sold, and when its vendor cannot be paid. */
export function priceToPay(pack: Offered, edition: Edition): Price {
  refuseUnsellable(pack)
  const price = priceOf(pack, edition)
  if (!price) throw new EditionNotSold(pack.name, edition, editionsOf(pack))
  if (price.model !== 'free') refuseUnpayable(pack)
  return price
}

/** Why a package cannot be bought for an edition. Undefined when it can. Says nothing of what brings a hidden one. */
export function whyNotSold(pack: OfferedPackage, edition: Edition): Refusal | undefined {
  try {
    priceToPay({ ...pack, comesWith: [] }, edition)
    return undefined
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return asRefusal(error)
  }
}

type Offered = OfferedPackage & Pick<PackageForPurchase, 'comesWith'>

export const priceOf = (pack: Pick<PackageForPurchase, 'prices'>, edition: Edition): Price | undefined =>
  pack.prices.find((each) => each.edition === edition)

export const editionsOf = ({ prices }: Pick<PackageForPurchase, 'prices'>): Edition[] =>
  prices.map((each) => each.edition)

/** Refuses `package_not_found`, `package_not_for_sale`. */
export function refuseUnsellable(pack: Offered): void {
  // packages that nobody may see, such as hidden dependencies
  if (!pack.isKnown) throw notInShop(pack.name, pack.comesWith)
  if (!pack.isSold) throw new PackageNotForSale(pack.name)
}

/** Refuses `vendor_not_ready` for a vendor that cannot be paid. */
export function refuseUnpayable({
  vendorPayable,
  vendorSlug,
}: Pick<PackageForPurchase, 'vendorPayable' | 'vendorSlug'>): void {
  if (!vendorPayable) throw new VendorNotReady(vendorSlug)
}
