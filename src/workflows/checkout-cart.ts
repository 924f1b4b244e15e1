import { buyAndDeliver } from './buying.ts'
import { operation } from './operation.ts'

/** Buys what is in the org's cart. */
export const checkoutCart = operation(buyAndDeliver)
