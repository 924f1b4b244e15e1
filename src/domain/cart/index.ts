import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { addToCart, type Cart, type CartItem, readCart, removeFromCart } from './cart.ts'
export { cartToCheckOut, emptyCart, holdCart, releaseCart, returnToCart } from './cart-checkout.ts'
export { notInShop } from './errors.ts'
export {
  boughtIn,
  type Plan,
  type PlannedItem,
  planPurchase,
  refuseUnpayable,
  refuseUnsellable,
} from './plan.ts'
export { assertValidPurchase, destinationOf, packagesWanted, purchaseIn } from './purchase.ts'
export { checkQuote } from './quote.ts'
export { quotePurchase } from './quote-purchase.ts'

/** The codes of all refusals of `cart`. */
export type CartCode = CodesIn<typeof refusals>
