import { sql } from 'kysely'
import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** `open`: its operation still runs or waits. */
export type OrderStatus = 'open' | 'completed' | 'cancelled'

export interface OrderFilter {
  org: OrgId
  status?: OrderStatus | undefined
  /** Placed then or later. */
  since?: Date | undefined
  /** Placed before. */
  until?: Date | undefined
  currency?: string | undefined
  /** In minor units, of the total that a list shows. */
  minAmount?: number | undefined
  /** As `minAmount`. Both ends are included. */
  maxAmount?: number | undefined
}

/** The total, as lists show it. No index has it: orders that do not fit are read by time and left out. */
const AMOUNT = sql<number>`case when o.cancelled_at is not null then o.total_amount else coalesce(o.kept_amount,
  (select coalesce(sum(n.total_amount), 0) from order_lines n where n.order_id = o.id and n.voided_at is null)) end`

/** The orders of an org that fit a filter, in no order. */
export function filteredOrders(db: Db, filter: OrderFilter) {
  const { org, status, since, until, currency, minAmount, maxAmount } = filter
  let query = ordersWithLines(db, org)
  if (currency) query = query.where('o.currency', '=', currency)
  if (minAmount !== undefined) query = query.where(AMOUNT, '>=', minAmount)
  if (maxAmount !== undefined) query = query.where(AMOUNT, '<=', maxAmount)
  if (since) query = query.where('o.created_at', '>=', since)
  if (until) query = query.where('o.created_at', '<', until)
  if (!status) return query
  if (status === 'cancelled') return query.where('o.cancelled_at', 'is not', null)
  const kept = query.where('o.cancelled_at', 'is', null)
  return kept.where('o.closed_at', status === 'open' ? 'is' : 'is not', null)
}

/** The orders of an org with lines. */
export const ordersWithLines = (db: Db, org: OrgId) =>
  db
    .selectFrom('orders as o')
    .select(['o.id', 'o.total_amount', 'o.currency', 'o.operation_id'])
    .select(['o.created_at', 'o.closed_at', 'o.cancelled_at'])
    .select((order) =>
      // a closed order has it; the lines of an open one are added up
      order.fn
        .coalesce(
          'o.kept_amount',
          order
            .selectFrom('order_lines as n')
            .select(sql<number>`coalesce(sum(n.total_amount), 0)::bigint`.as('amount'))
            .whereRef('n.order_id', '=', 'o.id')
            .where('n.voided_at', 'is', null),
        )
        .as('amount_without_void'),
    )
    .select((order) =>
      order.selectFrom('invoices as v').select('v.number').whereRef('v.order_id', '=', 'o.id').as('invoice'),
    )
    .where('o.org_id', '=', org)
    .where((where) =>
      where.or([
        where('o.total_amount', '>', 0),
        // not `exists`: for that the planner may read all lines of the market at once
        sql<boolean>`(select true from order_lines l where l.order_id = o.id limit 1)`,
      ]),
    )
