import { mintId, type OperationId, type OrderId, type OrgId, type ProjectId } from '#kernel/ids'
import { reserveSlot } from '#domain/licensing'
import { beginOperation } from '#domain/operations'
import { lockOrg, may } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { authorityOf } from './authority.ts'
import {
  askedIn,
  cartToCheckOut,
  checkQuote,
  destinationOf,
  holdCart,
  type Plan,
  planPurchase,
  purchaseIn,
} from '#domain/cart'
import { QuoteAlreadyUsed } from './errors.ts'
import { type Decided, type Order, orderOf } from './order-store.ts'
import { placeOrder } from './place-order.ts'

export interface OrderWanted {
  operationId: OperationId
  orderId: OrderId
  quoteKey: Buffer
  at: Date
}

/**
 * Freezes the price and reserves what the purchase needs, in one transaction that holds the org: the order with its
 * lines, items and charges, licences that wait for their money, slots on the project, and the cart's items if those
 * are bought. Run again, it answers with what the first run made. Without a saved card the charges are left for
 * `chooseCard`. Refuses what `cartToCheckOut`, `planPurchase`, `checkQuote` and `findPaymentMethod` refuse.
 */
export async function openOrder(db: Db, wanted: OrderWanted): Promise<Order> {
  const { operationId, orderId, quoteKey, at } = wanted
  return inTransaction(db, async (tx) => {
    const operation = await beginOperation(tx, operationId, at)
    const earlier = await orderOf(tx, operationId)
    if (earlier) return earlier
    const purchase = purchaseIn(operation.started)
    const { quote } = purchase
    const org = await authorityOf(tx, operation)
    await lockOrg(tx, org.id)
    const { project, edition } = await destinationOf(tx, org, purchase)
    if (quote) await refuseUsedQuote(tx, quote, org.id)
    const asked = purchase.packages ? askedIn(purchase.packages) : await cartToCheckOut(tx, org.id)
    const plan = await planPurchase(tx, { org: org.id, asked, project, edition, at })
    if (quote) checkQuote(quoteKey, quote, org.id, plan, at)
    const decided = await placeOrder(tx, {
      orderId,
      operation,
      plan,
      quote,
      card: purchase.payment_method,
      at,
    })
    const packages = plan.items.map(({ packageId }) => packageId)
    if (!purchase.packages) await holdCart(tx, { org: org.id, packages, order: orderId })
    const willBeAssigned = (project || purchase.new_project) && may(org.role, 'activate_licences')
    if (willBeAssigned) await reserveSlots(tx, { operationId, project: project?.id, plan, decided, at })
    const opened = await orderOf(tx, operationId)
    if (!opened) throw new Error(`the order of ${operationId} vanished`)
    return opened
  })
}

/** The place on the project is taken until the delivery, unless a licence that is over holds it till then. */
async function reserveSlots(
  tx: Db,
  reserved: {
    operationId: OperationId
    project: ProjectId | undefined
    plan: Plan
    decided: Decided[]
    at: Date
  },
): Promise<void> {
  const { operationId: operation, project, plan, decided, at } = reserved
  const renewed = plan.items.filter(({ renews }) => renews).map(({ name }) => name)
  for (const { package: name, licence, outcome } of decided) {
    if (outcome === 'already_installed') continue
    const id = mintId('act', at, Math.random)
    const place = renewed.includes(name) ? undefined : project
    await reserveSlot(tx, { id, licence, project: place, operation, at })
  }
}

/** Only this org's: another one's operation is nobody's business. */
async function refuseUsedQuote(tx: Db, quote: string, org: OrgId): Promise<void> {
  const used = await tx
    .selectFrom('orders')
    .select('operation_id')
    .where('quote', '=', quote)
    .where('org_id', '=', org)
    .executeTakeFirst()
  if (used) throw new QuoteAlreadyUsed(used.operation_id)
}
