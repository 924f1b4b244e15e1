import type { LineId } from '#kernel/ids'
import { type Charge, findCharge, markUndone } from '#domain/billing'
import { releaseLicences, undoRenewals } from '#domain/licensing'
import { releaseHold } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { returnToCart } from '#domain/cart'

/**
 * Voids a line, paid or not. Its reserved licences are deleted, what it renewed has its old end, the connection may spend its amount again, and its
 * packages return to the cart. From now on its charge is looked at until nothing of it is left at the provider. Returns
 * the charge, if the line has one.
 */
export async function voidLine(tx: Db, id: LineId, at: Date): Promise<Charge | undefined> {
  await tx
    .updateTable('order_lines')
    .set({ paid_at: null, voided_at: at })
    .where('id', '=', id)
    .where('voided_at', 'is', null)
    .execute()
  await releaseLicences(tx, id)
  await undoRenewals(tx, id, at)
  await releaseHold(tx, id, at)
  await returnToCart(tx, id)
  const charge = await findCharge(tx, id)
  if (charge) await markUndone(tx, charge.id, at)
  return charge
}
