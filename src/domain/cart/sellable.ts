import type { Edition } from '#kernel/schemas'
import type { PackageForPurchase, Price } from '#domain/catalogue'
import { EditionNotSold, notInShop, PackageNotForSale, VendorNotReady } from './errors.ts'

/** The price of a package for an edition. Refuses when it is not sold, and when its vendor cannot be paid. */
export function priceToPay(pack: PackageForPurchase, edition: Edition): Price {
  refuseUnsellable(pack)
  const price = priceOf(pack, edition)
  if (!price) throw new EditionNotSold(pack.name, edition, editionsOf(pack))
  if (price.model !== 'free') refuseUnpayable(pack)
  return price
}

export const priceOf = (pack: PackageForPurchase, edition: Edition): Price | undefined =>
  pack.prices.find((each) => each.edition === edition)

export const editionsOf = ({ prices }: PackageForPurchase): Edition[] => prices.map((each) => each.edition)

/** Refuses `package_not_found`, `package_not_for_sale`. */
export function refuseUnsellable(pack: PackageForPurchase): void {
  // packages that nobody may see, such as hidden dependencies
  if (!pack.isKnown) throw notInShop(pack.name, pack.comesWith)
  if (!pack.isSold) throw new PackageNotForSale(pack.name)
}

/** Refuses `vendor_not_ready` for a vendor that cannot be paid. */
export function refuseUnpayable({ vendorPayable, vendorSlug }: PackageForPurchase): void {
  if (!vendorPayable) throw new VendorNotReady(vendorSlug)
}
