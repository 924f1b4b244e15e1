import type { OperationId } from '#kernel/ids'
import { findPaymentMethod, openCharge } from '#domain/billing'
import { operationContext } from '#domain/operations'
import { lockOrg } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { linesWithoutCard, orderOf } from './order-store.ts'
import { purchaseIn } from '#domain/cart'

/** Opens the charges that wait for a card. Returns whether the org has a card. A second run changes nothing. */
export async function chooseCard(
  db: Db,
  { operationId, at }: { operationId: OperationId; at: Date },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const { orgId, started } = await operationContext(tx, operationId)
    await lockOrg(tx, orgId)
    const method = await findPaymentMethod(tx, orgId, purchaseIn(started).payment_method)
    const order = await orderOf(tx, operationId)
    if (!method || !order) return false
    for (const { id: line, amount } of linesWithoutCard(order))
      await openCharge(tx, { line, order: order.id, amount, method, at })
    return true
  })
}
