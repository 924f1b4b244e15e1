export * from './access-token.ts'
export * from './authenticate.ts'
export * from './connection-store.ts'
export * from './last-use.ts'
