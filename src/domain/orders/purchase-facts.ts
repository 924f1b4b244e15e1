import { sql } from 'kysely'
import type { OperationId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import { type LineState, stateOfLine } from './line-state.ts'

/** What an operation buys, as its order has it now. */
export interface PurchaseFacts {
  /** Names in order, without those of void lines. A cancelled order has all names. */
  packages: string[]
  /** Of the same lines. */
  total: Money
  /** One per vendor, in the order in which they are charged. */
  lines: { vendor: string; total: Money; state: LineState }[]
}

/** By operation. An operation without an order, or whose order has no lines, is missing. */
export async function purchasesOf(
  db: Db,
  operations: readonly OperationId[],
): Promise<Map<OperationId, PurchaseFacts>> {
  if (!operations.length) return new Map()
  const rows = await db
    .selectFrom('orders as o')
    .innerJoin('order_lines as l', 'l.order_id', 'o.id')
    .innerJoin('vendors as v', 'v.id', 'l.vendor_id')
    .select(['o.operation_id', 'o.cancelled_at', 'v.slug'])
    .select(['l.total_amount', 'l.currency', 'l.paid_at', 'l.voided_at'])
    .select((line) =>
      line
        .selectFrom('order_items as i')
        .innerJoin('packages as p', 'p.id', 'i.package_id')
        .select(sql<string[]>`array_agg(p.name order by p.name)`.as('names'))
        .whereRef('i.line_id', '=', 'l.id')
        .as('names'),
    )
    // one statement for each number of operations
    .where(sql<boolean>`o.operation_id = any(${operations})`)
    .orderBy('l.position')
    .execute()
  const byOperation = Map.groupBy(rows, ({ operation_id }) => operation_id)
  return new Map([...byOperation].map(([operation, lines]) => [operation, factsOf(lines)]))
}

interface Row {
  cancelled_at: Date | null
  slug: string
  total_amount: number
  currency: string
  paid_at: Date | null
  voided_at: Date | null
  names: string[] | null
}

function factsOf(rows: readonly Row[]): PurchaseFacts {
  const counted = rows.filter(({ voided_at, cancelled_at }) => cancelled_at || !voided_at)
  return {
    packages: counted.flatMap(({ names }) => names ?? []).sort(),
    total: {
      amountMinor: counted.reduce((sum, { total_amount }) => sum + total_amount, 0),
      currency: rows[0]?.currency ?? '',
    },
    lines: rows.map(({ slug, total_amount, currency, ...line }) => ({
      vendor: slug,
      total: { amountMinor: total_amount, currency },
      state: stateOfLine(line),
    })),
  }
}
