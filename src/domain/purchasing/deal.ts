import type { OperationId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { type Charge, findCharge } from '#domain/billing'
import type { Db } from '../../platform/database.ts'
import { orderOf } from './order-store.ts'

/** What a person is asked to agree to. */
export interface Deal {
  items: Array<{ package: string; edition: Edition; price: Money }>
  total: Money
}

/** What an operation is about to buy; nothing for one that buys nothing. */
export async function dealOf(db: Db, operation: OperationId): Promise<Deal | undefined> {
  const order = await orderOf(db, operation)
  if (!order) return undefined
  const rows = await db
    .selectFrom('order_items as i')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['p.name', 'i.edition', 'i.price_amount', 'i.currency'])
    .where('l.order_id', '=', order.id)
    .orderBy('p.name')
    .execute()
  return {
    total: order.total,
    items: rows.map((row) => ({
      package: row.name,
      edition: row.edition,
      price: { amountMinor: row.price_amount, currency: row.currency },
    })),
  }
}

/** The charge of an operation whose payment the cardholder may confirm now: the first one that is neither paid nor void. */
export async function chargeToConfirm(db: Db, operation: OperationId): Promise<Charge | undefined> {
  const line = await db
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('charges as c', 'c.order_line_id', 'l.id')
    .select('l.id')
    .where('o.operation_id', '=', operation)
    .where('l.paid_at', 'is', null)
    .where('l.voided_at', 'is', null)
    .where('c.state', '=', 'pending')
    .orderBy('l.position')
    .executeTakeFirst()
  return line && findCharge(db, line.id)
}
