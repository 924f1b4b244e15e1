export { listVendors } from './list-vendors.ts'
export { addVendor, approvedVendors, approvedVendorSlugs, lockVendor } from './vendor-store.ts'
