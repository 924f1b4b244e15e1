import { sql } from 'kysely'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Difference, Rule } from './sources.ts'

interface LeftOver {
  rule: Rule
  object: string
  operation: OperationId | null
  says: string
}

/**
 * Rows that may exist only while their operation is open. With `isAtRest` no operation may be open, so that each one is
 * reported, and each row as well.
 */
export async function leftOver(db: Db, { isAtRest }: { isAtRest: boolean }): Promise<Difference[]> {
  const { rows } = await sql<LeftOver>`
    with over as (select id, status from operations where finished_at is not null or ${isAtRest})
    select 'order_open' as rule, o.id::text as object, p.id as operation, 'is open' as says
      from orders o join over p on p.id = o.operation_id where o.closed_at is null and o.cancelled_at is null
    union all
    select 'charge_open', c.id, p.id, 'is pending'
      from charges c join order_lines l on l.id = c.order_line_id join orders o on o.id = l.order_id
      join over p on p.id = o.operation_id where c.state = 'pending'
    union all
    select 'licence_reserved', n.id, p.id, 'is reserved'
      from licences n join order_items i on i.id = n.order_item_id join order_lines l on l.id = i.line_id
      join orders o on o.id = l.order_id join over p on p.id = o.operation_id where n.status = 'reserved'
    union all
    select 'licence_reserved', r.licence_id, p.id, 'is reserved for a renewal'
      from licence_renewals r join order_items i on i.id = r.item_id join order_lines l on l.id = i.line_id
      join orders o on o.id = l.order_id join over p on p.id = o.operation_id
     where r.settled_at is null and r.undone_at is null
    union all
    select 'slot_reserved', a.id, p.id, 'is reserved'
      from activations a left join over p on p.id = a.operation_id
     where a.activated_at is null and (a.operation_id is null or p.id is not null)
    union all
    select 'cart_locked', k.org_id || '/' || k.package_id, p.id, 'is held by ' || o.id
      from cart_items k join orders o on o.id = k.order_id join over p on p.id = o.operation_id
    union all
    select 'secret_left', s.operation_id, p.id, 'is kept, and the operation is ' || p.status
      from one_time_secrets s join over p on p.id = s.operation_id where p.status in ('failed', 'cancelled')
    union all
    select 'operation_open', id, id, 'is ' || status from operations where finished_at is null and ${isAtRest}
    union all
    select 'outbox_overdue', workflow_id, null, 'waits since ' || due_at || ' after ' || attempts || ' tries'
      from outbox where due_at < now() - interval '1 minute'
    union all
    select 'books_unbalanced', posting_id, null, 'is off by ' || sum(amount) || ' ' || currency
      from ledger_entries group by posting_id, currency having sum(amount) <> 0`.execute(db)
  return rows.map(({ rule, object, operation, says }) => ({
    rule,
    object,
    operation: operation ?? undefined,
    says: `${NAMES[rule] ?? 'It'} ${object} ${says}.`,
  }))
}

const NAMES: Partial<Record<Rule, string>> = {
  order_open: 'The order',
  charge_open: 'The charge',
  licence_reserved: 'The licence',
  slot_reserved: 'The slot',
  cart_locked: 'The cart item',
  secret_left: 'The one-time secret of',
  operation_open: 'The operation',
  outbox_overdue: 'The outbox row for',
  books_unbalanced: 'The posting',
}

/** Operations that are over, and that the operators' list still has as going on. */
export async function listedAndOver(db: Db): Promise<OperationId[]> {
  const rows = await db
    .selectFrom('incidents as i')
    .innerJoin('operations as p', (on) => on.on('p.id', '=', sql<OperationId>`i.object`))
    .select('p.id')
    .where('i.kind', 'in', ['run_stuck', 'run_cannot_go_on'])
    .where('i.ended_at', 'is', null)
    .where('p.finished_at', 'is not', null)
    .execute()
  return rows.map(({ id }) => id)
}
