import type { LineId } from '#kernel/ids'
import { releaseLicences } from '#domain/licensing'
import { releaseHold } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { returnToCart } from '#domain/cart'

/**
 * Voids a line: it is never charged, or was refunded. Its reserved licences are deleted, the connection may spend its
 * amount again, and its packages return to the cart.
 */
export async function voidLine(tx: Db, id: LineId, at: Date): Promise<void> {
  await tx
    .updateTable('order_lines')
    .set({ paid_at: null, voided_at: at })
    .where('id', '=', id)
    .where('voided_at', 'is', null)
    .execute()
  await releaseLicences(tx, id)
  await releaseHold(tx, id, at)
  await returnToCart(tx, id)
}
