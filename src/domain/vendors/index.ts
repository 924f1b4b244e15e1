export { addVendor, lockVendor } from './vendor-store.ts'
