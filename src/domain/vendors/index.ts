import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { applyAsVendor, openApplication } from './apply.ts'
export {
  type Application,
  findApplication,
  orgOfApplication,
  VENDOR_TERMS_VERSION,
  type VendorFacts,
} from './application.ts'
export { changeApplication, withdrawApplication } from './change-application.ts'
export { createVendor } from './create-vendor.ts'
export { type Dashboard, dashboardOf, nextVendorSteps, type VendorStep } from './dashboard.ts'
export { approveVendor, declineVendor } from './decide.ts'
export { type ListedVendor, listVendors } from './list-vendors.ts'
export { type OpenApplication, openApplications } from './open-applications.ts'
export { addVendor, approvedVendors, approvedVendorSlugs, isSuspended, lockVendor } from './vendor-store.ts'
export { lookForApproval } from './wait.ts'

/** The codes of all refusals of `vendors`. */
export type VendorsCode = CodesIn<typeof refusals>
