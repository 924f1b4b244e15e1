export { type PackageForPurchase, packagesForPurchase } from './for-purchase.ts'
export {
  addPackage,
  deletePackage,
  findPackage,
  isPackageOfOrg,
  packageNamed,
  touchPackage,
} from './package-store.ts'
export { type Price, setPrice } from './price-store.ts'
export { packagesOfVendors, type VendorPackage } from './packages-of-vendors.ts'
export { findPublicPackage, type PublicPackage } from './public-package.ts'
export { type ListedPackage, searchPackages } from './search-packages.ts'
