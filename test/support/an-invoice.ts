import { findInvoice } from '#domain/invoices'
import { invoiceOrder } from '#domain/orders'
import type { OrderId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { A_SELLER } from './a-seller.ts'

/** Issues the invoice of a closed order, and returns its number. */
export async function anInvoice(db: Db, order: OrderId, at = new Date()): Promise<string> {
  await invoiceOrder(db, { order, seller: A_SELLER, at })
  const { org_id: org } = await db
    .selectFrom('orders')
    .select('org_id')
    .where('id', '=', order)
    .executeTakeFirstOrThrow()
  return (await findInvoice(db, { org, ref: order, at: new Date() })).number
}
