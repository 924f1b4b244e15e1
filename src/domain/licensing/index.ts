import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { activateLicence } from './activate-licence.ts'
export {
  activateReserved,
  type Holding,
  holdingsOf,
  holdsSlots,
  licenceWithFreeSlot,
  releaseSlots,
  reserveSlot,
} from './activation-store.ts'
export { type Covering, coverageBetween, freeSlotCovering } from './coverage.ts'
export { deactivateLicence } from './deactivate-licence.ts'
export {
  entitlementsOf,
  grantingPackage,
  isWithin,
  type PackageOfProject,
  packageOfProject,
  packagesEverHeld,
  type Until,
  windowsEnding,
} from './entitlements.ts'
export {
  IsBeingRenewed,
  LicenceIsSuspended,
  NothingToRenew,
  PackageIsBeingInstalled,
  RenewalTooEarly,
  RenewalTooLate,
} from './errors.ts'
export { coveringPackages, type FreeSlot, freeSlotsFor, type Grant, grantsOf } from './grants.ts'
export {
  hasPaidLicence,
  findLicence,
  orgOfLicence,
  type LicenceDetails,
  licenceStates,
  type ListedLicence,
  listLicences,
} from './licence-reads.ts'
export { licenceFor, licencesFor, type SeenLicence } from './seen-licences.ts'
export { licencePlaceAfter, licencePlaceIn } from './licence-places.ts'
export {
  licencesById,
  releaseLicences,
  reserveLicence,
  revokeLicences,
  validateLicences,
} from './licence-store.ts'
export { paidUntil } from './licence.ts'
export {
  assertStillRenewable,
  canBeRenewed,
  type Period,
  RENEWAL_DAYS,
  renewableSince,
  type Renewing,
  renewalsSince,
  renewed,
  reserveRenewal,
  settleRenewals,
  undoRenewals,
  unsettledRenewal,
} from './renewals.ts'
export { moveActivation } from './move-activation.ts'
export { type ZipOfProject, zipOfProject } from './zip-of-project.ts'

/** The codes of all refusals of `licensing`. */
export type LicensingCode = CodesIn<typeof refusals>
