import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './attempt-store.ts'
export * from './billing.ts'
export * from './card-session-store.ts'
export * from './charge-store.ts'
export * from './errors.ts'
export * from './next-move.ts'
export * from './payment-method-store.ts'
export type * from './payment-provider.ts'
export * from './stripe-events.ts'

/** The codes that billing refuses with. */
export type BillingCode = CodesIn<typeof refusals>
