import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { cancelOrder } from './cancel-order.ts'
export { chooseCard } from './choose-card.ts'
export { type Deal, dealOf } from './deal.ts'
export { deliverPurchase } from './deliver-purchase.ts'
export { forgetAllOver, noteNotInvoiced } from './failed-invoices.ts'
export type { OrderFilter } from './filtered-orders.ts'
export { invoiceOrder, ordersToInvoice, type ToInvoice } from './invoice-orders.ts'
export { neededBeside, type RefusedLine } from './purchase-outcome.ts'
export { openOrder } from './open-order.ts'
export {
  type DetailedLine,
  findOrder,
  type ListedOrder,
  listOrders,
  onlyCurrency,
  type OrderDetails,
  orgOfOrder,
  sumsOfOrders,
} from './order-reads.ts'
export { type PurchaseFacts, purchasesOf } from './purchase-facts.ts'
export { linesWithoutCard, orderOf } from './order-store.ts'
export {
  chargeToCollect,
  keepIntent,
  recheckPurchase,
  recheckWaitingPurchase,
  recordPaid,
  settleLine,
} from './pay-line.ts'
export { abandonLine, noteOwed, recordRefunds } from './undo-line.ts'

/** The codes of all refusals of `orders`. */
export type OrdersCode = CodesIn<typeof refusals>
