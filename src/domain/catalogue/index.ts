import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { type PackageForPurchase, packagesForPurchase } from './for-purchase.ts'
export { linesOfVersions, type MagentoFit } from './magento-fit.ts'
export { packagesThatBring } from './comes-with.ts'
export {
  findOffer,
  lockOffer,
  type Offer,
  offersOf,
  storeOffer,
  storeVisibility,
  VISIBILITIES,
  type Visibility,
} from './offer-store.ts'
export {
  addPackage,
  deletePackage,
  findPackage,
  isPackageOfOrg,
  packageNamed,
  touchPackage,
} from './package-store.ts'
export { offeredById, offeredByName, type OfferedPackage } from './offered-packages.ts'
export { type Price, setPrice } from './price-store.ts'
export {
  findPublicPackage,
  type GoneVersion,
  type PublicPackage,
  type PublicVersion,
} from './public-package.ts'
export { requirementsOf, versionDetails, type VersionDetails, versionText } from './public-version.ts'
export type { SupportKind, SupportLink } from './vendor-links.ts'
export { packagesOfVendors, type VendorPackage } from './packages-of-vendors.ts'
export { type ListedPackage, type PlaceInSearch, searchPackages, vendorsInShop } from './search-packages.ts'

/** The codes of all refusals of `catalogue`. */
export type CatalogueCode = CodesIn<typeof refusals>
