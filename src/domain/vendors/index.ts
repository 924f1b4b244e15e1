export { listVendors, type ListedVendor } from './list-vendors.ts'
export { addVendor, lockVendor } from './vendor-store.ts'
