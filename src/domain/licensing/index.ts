export * from './activation-store.ts'
export * from './errors.ts'
export * from './licence.ts'
export * from './licence-store.ts'
