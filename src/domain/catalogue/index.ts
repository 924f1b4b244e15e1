export * from './package-store.ts'
export * from './public-packages.ts'
