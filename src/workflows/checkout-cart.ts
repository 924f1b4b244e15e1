import { buyAndDeliver } from './buying.ts'
import { operation } from './operation.ts'
import { pinned } from './versioning.ts'

/** Buys the packages in the org's cart. */
export const checkoutCart = pinned(operation(buyAndDeliver))
