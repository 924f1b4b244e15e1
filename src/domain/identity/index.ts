export * from './customer-store.ts'
