import type { ChargeId, LineId, OperationId } from '#kernel/ids'
import { type Charge, findCharge, lookAtUndoneSoon, settleCharge, storeIntent } from '#domain/billing'
import { settleRenewals, validateLicences } from '#domain/licensing'
import { beginOperation, operationContext, OperationWasCancelled } from '#domain/operations'
import { settleHold, type SpendingSettings } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertStillAllowed } from './authority.ts'
import { PurchaseWasInterrupted } from './errors.ts'
import { lockLine } from './order-store.ts'

interface Recheck {
  operationId: OperationId
  line?: LineId | undefined
  spending: SpendingSettings
  at: Date
}

/**
 * The last check before a line is charged. It may run days after the order was opened. Refuses when the operation is
 * over, when its caller may no longer buy, when a package can no longer be sold, or when the spending rules of the
 * connection no longer allow it. A line that is paid is not checked any more. Without a line, checks only the operation
 * and the caller.
 */
export async function recheckPurchase(
  db: Db,
  { operationId, line, spending: settings, at }: Recheck,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const operation = await beginOperation(tx, operationId, at)
    const { isPaid, isVoid } = line ? await lockLine(tx, line) : UNTOUCHED
    // a run that replaces a lost one repeats its steps: what was paid stays paid
    if (isPaid) return
    if (isVoid) throw new PurchaseWasInterrupted()
    if (operation.isCancelled) throw new OperationWasCancelled()
    await assertStillAllowed(tx, { ...operation, line, settings, at })
  })
}

const UNTOUCHED = { isPaid: false, isVoid: false }

/**
 * The same check while the operation waits for its person. Refuses the same, except that it does not ask whether the
 * operation is over.
 */
export async function recheckWaitingPurchase(
  db: Db,
  { operationId, line, spending: settings, at }: Recheck,
): Promise<void> {
  const { orgId, caller, isCancelled } = await operationContext(db, operationId)
  if (isCancelled) throw new OperationWasCancelled()
  const asked = { orgId, askedBy: caller.customer, connectionId: caller.connection }
  await assertStillAllowed(db, { ...asked, line, settings, at })
}

/** The charge of a line. Undefined for a void line, because its undo ran first. */
export async function chargeToCollect(db: Db, id: LineId): Promise<Charge | undefined> {
  return inTransaction(db, async (tx) => {
    const line = await lockLine(tx, id)
    return line.isVoid ? undefined : findCharge(tx, id)
  })
}

/**
 * Stores a line's PaymentIntent before it is confirmed. Only `kept` allows to confirm it. `void`: the line was voided
 * meanwhile, and its undo has already searched for an intent; it is stored so that the next look undoes it, whatever
 * happens to the caller. `another`: a second attempt has stored another one first.
 */
export async function keepIntent(
  db: Db,
  { line: id, charge, intentId }: { line: LineId; charge: ChargeId; intentId: string },
): Promise<'kept' | 'void' | 'another'> {
  return inTransaction(db, async (tx) => {
    const line = await lockLine(tx, id)
    const isStored = await storeIntent(tx, charge, intentId)
    if (line.isVoid) await lookAtUndoneSoon(tx, charge)
    if (line.isVoid) return 'void'
    return isStored ? 'kept' : 'another'
  })
}

export interface Collected {
  line: LineId
  charge: Charge
  stripeChargeId: string
  feeBasisPoints: number
  at: Date
}

/** Records a payment: charge, ledger, line and hold in one transaction. False for a void line, which has to be refunded. */
export async function recordPaid(db: Db, { line: id, charge, ...paid }: Collected): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const line = await lockLine(tx, id)
    await settleCharge(tx, { ...paid, charge: charge.id, vendor: line.vendor })
    if (!line.isPaid && !line.isVoid) {
      await tx.updateTable('order_lines').set({ paid_at: paid.at }).where('id', '=', id).execute()
      await settleHold(tx, id, paid.at)
    }
    return !line.isVoid
  })
}

/** Makes the licences of a paid or free line valid from now, and extends those that it renews. A second run keeps the first dates. */
export async function settleLine(db: Db, { line: id, at }: { line: LineId; at: Date }): Promise<void> {
  await inTransaction(db, async (tx) => {
    const line = await lockLine(tx, id)
    if (line.isFree && !line.isPaid)
      await tx.updateTable('order_lines').set({ paid_at: at }).where('id', '=', id).execute()
    await validateLicences(tx, id, at)
    await settleRenewals(tx, id, at)
  })
}
