import type { LineId, OperationId } from '#kernel/ids'
import { closeCharge } from '#domain/billing'
import { releaseSlots, revokeLicences } from '#domain/licensing'
import { operationContext, tokenMintedBy, undoOperation } from '#domain/operations'
import { archiveProject, revokeProjectToken } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { purchaseIn, releaseCart } from '#domain/cart'
import { forgetNotInvoiced } from './failed-invoices.ts'
import { lockLine, lockOrder, type Order } from './order-store.ts'
import { voidLine } from './void-line.ts'

interface Undo {
  operationId: OperationId
  at: Date
}

/**
 * The undo of an order. Voids its lines, ends their licences, and takes back what was delivered. A payment that no step
 * has paid back before is paid back by `relay/owed-at-provider.ts`. From now on a late first step of the operation and a
 * late delivery are refused. Works without an order too; a second run changes nothing. Does nothing to a completed
 * operation.
 */
export async function cancelOrder(db: Db, { operationId, at }: Undo): Promise<void> {
  await inTransaction(db, async (tx) => {
    if (!(await undoOperation(tx, operationId, at))) return
    const { order } = await lockOrder(tx, operationId)
    await releaseSlots(tx, operationId)
    if (!order) return
    for (const { id } of order.lines) await takeBackLine(tx, id, at)
    await releaseCart(tx, order.id)
    if (order.isClosed) await takeBackDelivery(tx, order, { operationId, at })
    await tx
      .updateTable('orders')
      .set({ cancelled_at: at, closed_at: null })
      .where('id', '=', order.id)
      .where('cancelled_at', 'is', null)
      .execute()
    await forgetNotInvoiced(tx, { order: order.id, at })
  })
}

/** Voids a line and ends its licences. A charge with a PaymentIntent is closed by its own undo. */
async function takeBackLine(tx: Db, id: LineId, at: Date): Promise<void> {
  const { isFree } = await lockLine(tx, id)
  await revokeLicences(tx, id, { as: isFree ? 'revoked' : 'refunded', at })
  const charge = await voidLine(tx, id, at)
  if (charge && !charge.intentId) await closeCharge(tx, { charge: charge.id, at })
}

/** Revokes the project token, and archives a project that was created for this purchase. */
async function takeBackDelivery(tx: Db, { deliveredTo }: Order, { operationId, at }: Undo): Promise<void> {
  const token = await tokenMintedBy(tx, operationId)
  if (token) await revokeProjectToken(tx, token, at)
  const { started } = await operationContext(tx, operationId)
  if (deliveredTo && purchaseIn(started).new_project) await archiveProject(tx, deliveredTo, at)
}
