export * from './charge-store.ts'
export * from './errors.ts'
export * from './payment-method-store.ts'
