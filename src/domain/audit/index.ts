export * from './audit.ts'
export * from './verify-chain.ts'
