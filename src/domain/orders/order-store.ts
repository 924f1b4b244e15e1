import type { LicenceId, LineId, OperationId, OrderId, ProjectId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import { stateOfLine } from './line-state.ts'

/** The decision on one package, made when the order was opened. */
export interface Decided {
  package: string
  licence: LicenceId
  /** `covered`: it comes with another package of the order. */
  outcome: 'bought' | 'renewed' | 'used_existing' | 'already_installed' | 'covered'
  /** The package of the licence, when it is another one. */
  through?: string
}

export interface OrderLine {
  id: LineId
  /** 1 for the first. */
  position: number
  amount: Money
  /** Whether the line has a charge. A free line never has one. */
  hasCharge: boolean
  isVoid: boolean
  isPaid: boolean
}

export interface Order {
  id: OrderId
  total: Money
  lines: OrderLine[]
  decided: Decided[]
  /** The purchase was delivered. */
  isClosed: boolean
  deliveredTo: ProjectId | undefined
}

/** The order of an operation. It has no lines when nothing had to be bought. */
export async function orderOf(db: Db, operation: OperationId): Promise<Order | undefined> {
  const order = await db
    .selectFrom('orders')
    .select(['id', 'total_amount', 'currency', 'decided', 'closed_at', 'delivered_to'])
    .where('operation_id', '=', operation)
    .executeTakeFirst()
  if (!order) return undefined
  const lines = await db
    .selectFrom('order_lines as l')
    .leftJoin('charges as c', 'c.order_line_id', 'l.id')
    .select([
      'l.id',
      'l.position',
      'l.total_amount',
      'l.currency',
      'l.voided_at',
      'l.paid_at',
      'c.id as charge',
    ])
    .where('l.order_id', '=', order.id)
    .orderBy('l.position')
    .execute()
  return {
    id: order.id,
    total: { amountMinor: order.total_amount, currency: order.currency },
    decided: order.decided as unknown as Decided[],
    isClosed: order.closed_at !== null,
    deliveredTo: order.delivered_to ?? undefined,
    lines: lines.map((line) => ({
      id: line.id,
      position: line.position,
      amount: { amountMinor: line.total_amount, currency: line.currency },
      hasCharge: line.charge !== null,
      isVoid: stateOfLine(line) === 'void',
      isPaid: stateOfLine(line) === 'paid',
    })),
  }
}

/**
 * Locks and reads the order of an operation, so that its delivery and its undo never overlap. `isCancelled`: it was
 * undone.
 */
export async function lockOrder(
  tx: Db,
  operation: OperationId,
): Promise<{ order: Order | undefined; isCancelled: boolean }> {
  const locked = await tx
    .selectFrom('orders')
    .select('cancelled_at')
    .where('operation_id', '=', operation)
    .forUpdate()
    .executeTakeFirst()
  // read after the lock: a transaction that had it before has changed the order
  return { order: await orderOf(tx, operation), isCancelled: locked?.cancelled_at != null }
}

/** Lines that cost money and have no card to charge yet. */
export const linesWithoutCard = ({ lines }: Order): OrderLine[] =>
  lines.filter(({ amount, hasCharge }) => amount.amountMinor > 0 && !hasCharge)

/** What a line buys: the vendor's slug, the package names in order, and the total. */
export async function boughtBy(db: Db, line: LineId) {
  const rows = await db
    .selectFrom('order_lines as l')
    .innerJoin('vendors as v', 'v.id', 'l.vendor_id')
    .innerJoin('order_items as i', 'i.line_id', 'l.id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['v.slug', 'v.name as vendor', 'l.order_id', 'l.total_amount', 'l.currency', 'p.name', 'i.model'])
    .where('l.id', '=', line)
    .orderBy('p.name')
    .execute()
  const [first] = rows
  if (!first) throw new Error(`${line} buys nothing`)
  return {
    order: first.order_id,
    vendor: first.slug,
    vendorName: first.vendor,
    amount: { amountMinor: first.total_amount, currency: first.currency },
    packages: rows.map(({ name }) => name),
    hasSubscription: rows.some(({ model }) => model === 'yearly'),
  }
}

export async function operationOfLine(tx: Db, id: LineId): Promise<OperationId> {
  const line = await tx
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select('o.operation_id')
    .where('l.id', '=', id)
    .executeTakeFirstOrThrow()
  return line.operation_id
}

/** Locks a line and returns what its charge depends on. */
export async function lockLine(tx: Db, id: LineId) {
  const row = await tx
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select([
      'l.vendor_id',
      'l.total_amount',
      'l.paid_at',
      'l.voided_at',
      'o.id as order_id',
      'o.operation_id',
      'o.org_id',
    ])
    .where('l.id', '=', id)
    .forUpdate('l')
    .executeTakeFirstOrThrow()
  return {
    vendor: row.vendor_id,
    order: row.order_id,
    operation: row.operation_id,
    org: row.org_id,
    isFree: row.total_amount === 0,
    isPaid: stateOfLine(row) === 'paid',
    isVoid: stateOfLine(row) === 'void',
  }
}
