export { listVendors } from './list-vendors.ts'
export { addVendor, lockVendor } from './vendor-store.ts'
