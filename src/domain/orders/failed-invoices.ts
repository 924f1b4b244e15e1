import { sql } from 'kysely'
import { clearForOperator, raiseForOperator } from '#domain/incidents'
import type { OrderId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** With the pauses below, the fifth try is after a quarter of an hour. */
const TRIES_BEFORE_OPERATOR = 5
const LONGEST_PAUSE_S = 3600

/**
 * Notes that a closed order could not be invoiced: it is due again after 1, 2, 4, … minutes, at most an hour. From the
 * fifth try on it needs an operator, until it is invoiced or taken back. Does nothing to an order that was invoiced, taken
 * back or noted meanwhile. Returns whether it needs an operator from now on.
 */
export async function noteNotInvoiced(
  db: Db,
  { order, reason, at }: { order: OrderId; reason: string; at: Date },
): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    const due = await tx
      .selectFrom('orders')
      .select('id')
      .where('id', '=', order)
      .where('closed_at', 'is not', null)
      .where('invoiced_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!due) return false
    const failure = await tx
      .insertInto('invoice_failures')
      .values({
        order_id: order,
        tries: 1,
        first_failed_at: at,
        next_try_at: sql<Date>`${at}::timestamptz + interval '1 minute'`,
      })
      .onConflict((on) =>
        on
          .column('order_id')
          .doUpdateSet({
            tries: sql`invoice_failures.tries + 1`,
            next_try_at: sql<Date>`${at}::timestamptz + make_interval(secs =>
              least(60 * 2 ^ least(invoice_failures.tries, 10), ${LONGEST_PAUSE_S}))`,
          })
          // another worker has noted the same try
          .where('invoice_failures.next_try_at', '<=', at),
      )
      .returning(['tries', 'first_failed_at'])
      .executeTakeFirst()
    if (!failure || failure.tries < TRIES_BEFORE_OPERATOR) return false
    const about = { object: order, detail: reason, since: failure.first_failed_at, at }
    return raiseForOperator(tx, { kind: 'order_not_invoiced', ...about })
  })
}

/** Call it when the order is invoiced or taken back. */
export async function forgetNotInvoiced(tx: Db, { order, at }: { order: OrderId; at: Date }): Promise<void> {
  const { numDeletedRows } = await tx
    .deleteFrom('invoice_failures')
    .where('order_id', '=', order)
    .executeTakeFirst()
  if (numDeletedRows) await clearForOperator(tx, { kinds: ['order_not_invoiced'], object: order, at })
}

/** Does so for each order that a worker of an older build, which knows no failures, invoiced or took back. */
export async function forgetAllOver(db: Db, at: Date): Promise<void> {
  const over = await failuresOver(db).execute()
  for (const { id } of over)
    await inTransaction(db, async (tx) => {
      // the order is locked first, as everywhere
      const stillOver = await failuresOver(tx).where('o.id', '=', id).forUpdate('o').executeTakeFirst()
      if (stillOver) await forgetNotInvoiced(tx, { order: id, at })
    })
}

const failuresOver = (db: Db) =>
  db
    .selectFrom('invoice_failures as f')
    .innerJoin('orders as o', 'o.id', 'f.order_id')
    .select('o.id')
    .where((is) => is.or([is('o.invoiced_at', 'is not', null), is('o.closed_at', 'is', null)]))
