import { mintId, type OperationId, type OrderId, type OrgId, type ProjectId } from '#kernel/ids'
import { reserveSlot } from '#domain/licensing'
import { beginOperation } from '#domain/operations'
import { lockOrg } from '#domain/orgs'
import { holdSpending, type SpendingSettings } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertMayStillBuy } from './authority.ts'
import {
  purchaseTerms,
  boughtIn,
  cartToCheckOut,
  checkQuote,
  destinationOf,
  holdCart,
  packagesWanted,
  planChoices,
  planPurchase,
  purchaseIn,
  refuseOtherEditions,
  refuseSameIntent,
} from '#domain/cart'
import { QuoteAlreadyUsed } from './errors.ts'
import { type Decided, type Order, orderOf } from './order-store.ts'
import { placeOrder } from './place-order.ts'

export interface OrderWanted {
  operationId: OperationId
  orderId: OrderId
  quoteKey: Buffer
  spending: SpendingSettings
  at: Date
}

/**
 * Fixes the prices and reserves what the purchase needs, in one transaction that locks the org. Creates the order with
 * its lines, items and charges. Reserves licences, slots, cart items, and the amounts that the connection may spend. A
 * second run returns the order of the first. Without a saved card, `chooseCard` opens the charges later. Refuses what
 * `cartToCheckOut`, `planPurchase`, `refuseOtherEditions`, `refuseSameIntent`, `checkQuote`, `findPaymentMethod` and
 * `holdSpending` refuse.
 */
export async function openOrder(db: Db, opening: OrderWanted): Promise<Order> {
  const { operationId, orderId, quoteKey, spending: settings, at } = opening
  return inTransaction(db, async (tx) => {
    const operation = await beginOperation(tx, operationId, at)
    const earlier = await orderOf(tx, operationId)
    if (earlier) return earlier
    const purchase = purchaseIn(operation.started)
    const { quote } = purchase
    await lockOrg(tx, operation.orgId)
    const org = await assertMayStillBuy(tx, operation)
    const destination = await destinationOf(tx, org, purchase)
    if (quote) await refuseUsedQuote(tx, quote, org.id)
    const wanted = purchase.packages ? packagesWanted(purchase.packages) : await cartToCheckOut(tx, org.id)
    const plan = await planPurchase(tx, { org: org.id, wanted, ...destination, ...planChoices(purchase), at })
    refuseOtherEditions(plan, purchase.accept_other_edition)
    await refuseSameIntent(tx, { org: org.id, purchase, destination, plan })
    const terms = await purchaseTerms(tx, { org: org.id, plan, purchase, destination })
    if (quote) checkQuote(quoteKey, quote, terms, at)
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
    const { project, assignsLicences } = destination
    if (assignsLicences) await reserveSlots(tx, { operationId, project: project?.id, decided, at })
    const opened = await orderOf(tx, operationId)
    if (!opened) throw new Error(`the order of ${operationId} vanished`)
    const bought = boughtIn(plan)
    const { connectionId: connection } = operation
    // a person who buys in the browser has no connection and no limit
    if (connection && bought) {
      const { lines, total: cost } = opened
      await holdSpending(tx, {
        ...bought,
        connection,
        org: org.id,
        order: orderId,
        lines,
        cost,
        settings,
        at,
      })
    }
    return opened
  })
}

/** Reserves a slot for each licence, and its place on the project. */
async function reserveSlots(
  tx: Db,
  reserved: {
    operationId: OperationId
    project: ProjectId | undefined
    decided: Decided[]
    at: Date
  },
): Promise<void> {
  const { operationId: operation, project, decided, at } = reserved
  // each locks its licence, and a delivery or an undo locks several in the order of their ids
  const inOrder = decided.toSorted((one, other) => (one.licence < other.licence ? -1 : 1))
  for (const { licence, outcome } of inOrder) {
    if (outcome !== 'bought' && outcome !== 'used_existing') continue
    const id = mintId('act', at, Math.random)
    await reserveSlot(tx, { id, licence, project, operation, at })
  }
}

/** Looks only at this org's orders, because the refusal contains the id of the operation. */
async function refuseUsedQuote(tx: Db, quote: string, org: OrgId): Promise<void> {
  const used = await tx
    .selectFrom('orders')
    .select('operation_id')
    .where('quote', '=', quote)
    .where('org_id', '=', org)
    .executeTakeFirst()
  if (used) throw new QuoteAlreadyUsed(used.operation_id)
}
