import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './cancel-order.ts'
export * from './choose-card.ts'
export * from './deal.ts'
export * from './deliver-purchase.ts'
export * from './errors.ts'
export * from './open-order.ts'
export * from './order-reads.ts'
export * from './order-store.ts'
export * from './pay-line.ts'

/** The codes that orders refuses with. */
export type OrdersCode = CodesIn<typeof refusals>
