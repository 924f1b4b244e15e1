import type { LineId, OperationId } from '#kernel/ids'
import { closeCharge, findCharge } from '#domain/billing'
import { releaseLicences, releaseSlots, revokeLicences } from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import { orderOf } from './order-store.ts'

/**
 * The way back of what no money went into: unpaid and free lines are void, what they reserved or gave is gone, and an
 * order without a paid line is cancelled. Looks first; nothing to undo is fine, and so is a second time.
 */
export async function cancelOrder(
  db: Db,
  { operationId, at }: { operationId: OperationId; at: Date },
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const order = await orderOf(tx, operationId)
    await releaseSlots(tx, operationId)
    if (!order) return
    await releaseLicences(tx, order.id)
    for (const line of order.lines) {
      const charge = await findCharge(tx, line.id)
      if (charge) await closeCharge(tx, { charge: charge.id, state: 'cancelled', at })
      else await takeBackFree(tx, line.id, at)
    }
    await tx
      .updateTable('order_lines')
      .set({ voided_at: at })
      .where('order_id', '=', order.id)
      .where('paid_at', 'is', null)
      .where('voided_at', 'is', null)
      .execute()
    await tx
      .updateTable('orders')
      .set({ cancelled_at: at })
      .where('id', '=', order.id)
      .where('closed_at', 'is', null)
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

/** What was given for nothing has no charge whose refund would end it. */
async function takeBackFree(tx: Db, line: LineId, at: Date): Promise<void> {
  await revokeLicences(tx, line, { as: 'revoked', at })
  await tx
    .updateTable('order_lines')
    .set({ paid_at: null, voided_at: at })
    .where('id', '=', line)
    .where('paid_at', 'is not', null)
    .execute()
}
