import type { LineId, OperationId } from '#kernel/ids'
import { audit } from '#domain/audit'
import {
  type Charge,
  countOwed,
  recordRefunds as recordRefundsOfCharge,
  type RefundSeen,
  storeIntent,
} from '#domain/billing'
import { revokeLicences } from '#domain/licensing'
import { clearForOperator, raiseForOperator } from '#domain/incidents'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { isCompleted } from '#domain/operations'
import { lockLine, operationOfLine } from './order-store.ts'
import { voidLine } from './void-line.ts'

/**
 * The first part of a line's undo: from now on the line is void, paid or not. Nothing is delivered for it, no attempt
 * may create or confirm a payment, and its charge is looked at until nothing of it is left at the provider. Returns the
 * charge, if the line has one. A second run changes nothing. Does nothing to a line that a completed operation has
 * delivered: its result was told, so a run of a store that was set back may not take it back.
 */
export async function abandonLine(db: Db, id: LineId, at: Date): Promise<Charge | undefined> {
  return inTransaction(db, async (tx) => {
    const isTold = await isCompleted(tx, await operationOfLine(tx, id))
    const { isFree, isPaid } = await lockLine(tx, id)
    if (isTold && isPaid) return undefined
    await revokeLicences(tx, id, { as: isFree ? 'revoked' : 'refunded', at })
    return voidLine(tx, id, at)
  })
}

export interface Refunded {
  line: LineId
  charge: Charge
  intentId: string
  stripeChargeId: string
  refunds: readonly RefundSeen[]
  feeBasisPoints: number
  at: Date
}

/**
 * Records the refunds of a void line in one transaction: charge, ledger, audit. When a refund has failed, its money is
 * owed again, and the operation needs an operator. Returns the ids of the refunds that failed since the last record.
 */
export async function recordRefunds(
  db: Db,
  { line: id, charge, intentId, ...seen }: Refunded,
): Promise<string[]> {
  return inTransaction(db, async (tx) => {
    const line = await lockLine(tx, id)
    if (!charge.intentId) await storeIntent(tx, charge.id, intentId)
    const { isRefunded, failed } = await recordRefundsOfCharge(tx, {
      ...seen,
      charge: charge.id,
      vendor: line.vendor,
    })
    if (failed.length)
      await raiseForOperator(tx, {
        kind: 'refund_failed',
        object: line.operation,
        detail: charge.id,
        at: seen.at,
      })
    for (const outcome of [
      ...failed.map(() => 'failed' as const),
      ...(isRefunded ? (['done'] as const) : []),
    ])
      await audit(tx, {
        chain: `org:${line.org}`,
        action: 'refund_charge',
        outcome,
        org: line.org,
        object: charge.id,
        operation: line.operation,
      })
    return failed
  })
}

/**
 * Tells the operator about payments that are not undone after an hour, and ends that when all are undone. An undo that
 * failed in another part, too, stays on the list.
 */
export async function noteOwed(
  db: Db,
  { operation, isLate, at }: { operation: OperationId; isLate: boolean; at: Date },
): Promise<void> {
  const about = { object: operation, at }
  if ((await countOwed(db, operation)) > 0) {
    if (isLate) await raiseForOperator(db, { kind: 'undo_failed', ...about })
    return
  }
  await clearForOperator(db, { kinds: ['refund_failed'], ...about })
  if (!(await isLeftOver(db, operation))) await clearForOperator(db, { kinds: ['undo_failed'], ...about })
}

/**
 * Whether an operation that is over has left something of its order besides payments: the order is neither delivered nor
 * taken back, or a line is neither bought nor void. Then licences and reservations are left, too.
 */
async function isLeftOver(db: Db, operation: OperationId): Promise<boolean> {
  const open = await db
    .selectFrom('operations as p')
    .innerJoin('orders as o', 'o.operation_id', 'p.id')
    .leftJoin('order_lines as l', (on) =>
      on.onRef('l.order_id', '=', 'o.id').on('l.paid_at', 'is', null).on('l.voided_at', 'is', null),
    )
    .select('o.id')
    .where('p.id', '=', operation)
    .where('p.finished_at', 'is not', null)
    .where((where) =>
      where.or([
        where('l.id', 'is not', null),
        where.and([where('o.closed_at', 'is', null), where('o.cancelled_at', 'is', null)]),
      ]),
    )
    .executeTakeFirst()
  return open !== undefined
}
