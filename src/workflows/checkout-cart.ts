import { buyAndDeliver } from './buying.ts'
import { operation } from './operation.ts'

/** Buys the packages in the org's cart. */
export const checkoutCart = operation(buyAndDeliver)
