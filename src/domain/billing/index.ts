import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './card-session-store.ts'
export * from './charge-store.ts'
export * from './errors.ts'
export * from './payment-method-store.ts'
export * from './stripe-events.ts'

/** The codes that billing refuses with. */
export type BillingCode = CodesIn<typeof refusals>
