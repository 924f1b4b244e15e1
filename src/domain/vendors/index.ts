export { listVendors } from './list-vendors.ts'
export { addVendor, approvedVendors, lockVendor } from './vendor-store.ts'
