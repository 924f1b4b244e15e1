import { sql } from 'kysely'
import type { OrderId } from '#kernel/ids'
import type { Seller } from '#kernel/seller'
import { issueInvoice } from '#domain/invoices'
import { lockOrg } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { forgetNotInvoiced } from './failed-invoices.ts'

/** An order that is closed and for which nobody has issued an invoice yet. */
export interface ToInvoice {
  id: OrderId
  closedAt: Date
}

/**
 * The orders that were closed before there were invoices, or by a worker that knows none: the first to close first,
 * after `after`, without those that failed and are not due again. Uses the index `orders_to_invoice`.
 */
export async function ordersToInvoice(
  db: Db,
  { after, limit, at }: { after: ToInvoice | undefined; limit: number; at: Date },
): Promise<ToInvoice[]> {
  const rows = await db
    .selectFrom('orders')
    .leftJoin('invoice_failures as f', 'f.order_id', 'orders.id')
    .select(['id', 'closed_at'])
    .where((or) => or.or([or('f.next_try_at', 'is', null), or('f.next_try_at', '<=', at)]))
    .where('closed_at', 'is not', null)
    .where('invoiced_at', 'is', null)
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(closed_at, id) > (${after?.closedAt}, ${after?.id})`),
    )
    .orderBy('closed_at')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.flatMap(({ id, closed_at: closedAt }) => (closedAt ? [{ id, closedAt }] : []))
}

/**
 * Issues the invoice of a closed order, without a mail, and notes what its lines cost. Does nothing to an order that is
 * invoiced or taken back by now.
 */
export async function invoiceOrder(
  db: Db,
  { order, seller, at }: { order: OrderId; seller: Seller; at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const found = await tx.selectFrom('orders').select('org_id').where('id', '=', order).executeTakeFirst()
    if (!found) return
    // as a delivery does: it writes to the org's audit chain before it takes a number, and here the number is taken first
    await lockOrg(tx, found.org_id)
    const row = await tx
      .selectFrom('orders')
      .select(['org_id', 'currency', 'closed_at'])
      .where('id', '=', order)
      .where('closed_at', 'is not', null)
      .where('invoiced_at', 'is', null)
      .forUpdate()
      .executeTakeFirst()
    if (!row?.closed_at) return
    await tx
      .updateTable('orders')
      .set((of) => ({
        invoiced_at: at,
        kept_amount: of
          .selectFrom('order_lines')
          .select(sql<number>`coalesce(sum(total_amount), 0)::bigint`.as('kept'))
          .where('order_id', '=', order)
          .where('voided_at', 'is', null),
      }))
      .where('id', '=', order)
      .execute()
    await forgetNotInvoiced(tx, { order, at })
    const { org_id: org, currency, closed_at: suppliedAt } = row
    await issueInvoice(tx, { order, org, currency, seller, suppliedAt, at })
  })
}
