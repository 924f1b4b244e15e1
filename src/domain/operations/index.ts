import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './start-or-join.ts'
export * from './cancel.ts'
export * from './claim.ts'
export * from './complete-once.ts'
export * from './errors.ts'
export * from './one-time-secrets.ts'
export * from './operation.ts'
export * from './operation-store.ts'
export * from './outbox.ts'
export * from './report-status.ts'
export * from './steps.ts'
export * from './waits.ts'
export * from './watch-operation.ts'

/** The codes that operations refuses with. */
export type OperationsCode = CodesIn<typeof refusals>
