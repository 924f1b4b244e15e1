import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './cart.ts'
export * from './cart-checkout.ts'
export * from './errors.ts'
export * from './plan.ts'
export * from './purchase.ts'
export * from './quote.ts'
export * from './quote-purchase.ts'

/** The codes that cart refuses with. */
export type CartCode = CodesIn<typeof refusals>
