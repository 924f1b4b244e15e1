export { listVendors } from './list-vendors.ts'
export { addVendor, approvedVendors, approvedVendorSlugs, isSuspended, lockVendor } from './vendor-store.ts'
