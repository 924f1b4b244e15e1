export { addVendor, approvedVendors, lockVendor } from './vendor-store.ts'
