export * from './vendor-store.ts'
