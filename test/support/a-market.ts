export * from './a-licence.ts'
export * from './demo-market.ts'
