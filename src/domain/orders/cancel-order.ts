import type { LineId, OperationId } from '#kernel/ids'
import { closeCharge, findCharge } from '#domain/billing'
import { releaseSlots, revokeLicences } from '#domain/licensing'
import { operationContext, tokenMintedBy, undoOperation } from '#domain/operations'
import { archiveProject, revokeProjectToken } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { purchaseIn, releaseCart } from '#domain/cart'
import { lockLine, type Order, orderOf } from './order-store.ts'
import { voidLine } from './void-line.ts'

interface Undo {
  operationId: OperationId
  at: Date
}

/**
 * The undo of an order. Voids its unpaid and free lines, ends their licences, and takes back what was delivered. From
 * now on a late first step of the operation is refused. Works without an order too; a second run changes nothing. Does
 * nothing to a completed operation.
 */
export async function cancelOrder(db: Db, { operationId, at }: Undo): Promise<void> {
  await inTransaction(db, async (tx) => {
    if (!(await undoOperation(tx, operationId, at))) return
    const order = await orderOf(tx, operationId)
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
      .where((where) =>
        where.not(
          where.exists(
            where
              .selectFrom('order_lines as l')
              .select('l.id')
              .where('l.order_id', '=', order.id)
              .where('l.paid_at', 'is not', null),
          ),
        ),
      )
      .execute()
  })
}

/**
 * Voids a line unless its charge is paid. A paid charge has to be refunded first, and the refund also ends the
 * licences. A free line has no charge, so its licences are revoked here. A charge with a PaymentIntent is closed by its
 * own undo.
 */
async function takeBackLine(tx: Db, id: LineId, at: Date): Promise<void> {
  const line = await lockLine(tx, id)
  const charge = await findCharge(tx, id)
  if (charge && !charge.intentId) await closeCharge(tx, { charge: charge.id, at })
  if (!charge) await revokeLicences(tx, id, { as: 'revoked', at })
  if (!line.isPaid || !charge) await voidLine(tx, id, at)
}

/** Revokes the project token, and archives a project that was created for this purchase. */
async function takeBackDelivery(tx: Db, { deliveredTo }: Order, { operationId, at }: Undo): Promise<void> {
  const token = await tokenMintedBy(tx, operationId)
  if (token) await revokeProjectToken(tx, token, at)
  const { started } = await operationContext(tx, operationId)
  if (deliveredTo && purchaseIn(started).new_project) await archiveProject(tx, deliveredTo, at)
}
