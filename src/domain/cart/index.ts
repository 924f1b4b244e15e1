import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { addToCart, type Cart, type CartItem, countCartItems, readCart, removeFromCart } from './cart.ts'
export { notInShop } from './errors.ts'
export {
  cartToCheckOut,
  emptyCart,
  holdCart,
  releaseCart,
  returnNames,
  returnToCart,
} from './cart-checkout.ts'
export { alsoNeeded } from './also-needed.ts'
export { boughtIn, isPaidFor, planPurchase, refuseOtherEditions } from './plan.ts'
export type { Plan, PlannedItem } from './planned-item.ts'
export { refuseSameIntent } from './same-intent.ts'
export { refuseUnpayable, refuseUnsellable, whyNotSold } from './sellable.ts'
export {
  assertValidPurchase,
  destinationOf,
  packagesWanted,
  planChoices,
  type Purchase,
  purchaseIn,
} from './purchase.ts'
export { purchaseTerms } from './quote-terms.ts'
export { checkQuote } from './quote.ts'
export { type Quote, quotePackages, quotePurchase } from './quote-purchase.ts'

/** The codes of all refusals of `cart`. */
export type CartCode = CodesIn<typeof refusals>
