import { findCharge, leaseUndoneCharges, planNextLook, type UndoneCharge } from '#domain/billing'
import { noteOwed } from '#domain/orders'
import type { Dependencies } from './dependencies.ts'
import { undoCharge } from './undo-payment.ts'

type Settling = Pick<Dependencies, 'db' | 'payments' | 'feeBasisPoints' | 'log'>

/** What is owed for this long needs an operator. */
const LATE_AFTER_MS = 60 * 60_000

/**
 * Undoes what is left of the payments of void lines, without their runs: an undo that did not come through, a payment
 * that was created after its undo, a refund that is pending or has failed. Returns how many were due.
 */
export async function settleUndoneCharges(deps: Settling, at: Date): Promise<number> {
  const due = await leaseUndoneCharges(deps.db, at)
  await Promise.all(due.map((undone) => settle(deps, undone, at)))
  return due.length
}

/** Does not throw, so that the trouble of one charge stays its own. */
async function settle(
  deps: Settling,
  { charge: id, line, operation, undoneSince, leasedUntil }: UndoneCharge,
  at: Date,
): Promise<void> {
  const { db, log } = deps
  const isLate = at.getTime() - undoneSince.getTime() >= LATE_AFTER_MS
  try {
    const charge = await findCharge(db, line)
    if (charge) await undoCharge(deps, { charge, at, looksForLate: true })
  } catch (error) {
    log[isLate ? 'error' : 'warn']({ error, charge: id, operation }, 'a payment is not undone yet')
    await planNextLook(db, { charge: id, planned: leasedUntil, isOwed: true, at }).catch(() => undefined)
  }
  await noteOwed(db, { operation, isLate, at }).catch((error: unknown) =>
    log.warn({ error, operation }, 'what is owed could not be noted'),
  )
}
