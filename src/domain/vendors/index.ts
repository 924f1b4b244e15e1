export { listVendors, type ListedVendor } from './list-vendors.ts'
export { addVendor, approvedVendors, lockVendor } from './vendor-store.ts'
