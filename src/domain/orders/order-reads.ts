import { sql } from 'kysely'
import { isId, type LicenceId, type OperationId, type OrderId, type OrgId, type ProjectId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { licenceStates } from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import type { ChargeState, LicenceStatus, PriceModel } from '../../platform/tables.ts'
import { OrderNotFound } from './errors.ts'
import { filteredOrders, type OrderFilter, type OrderStatus, ordersWithLines } from './filtered-orders.ts'
import type { Decided } from './order-store.ts'
import { type LineState, stateOfLine } from './line-state.ts'

export interface ListedOrder {
  id: OrderId
  status: OrderStatus
  /** Without void lines. For a cancelled order it includes all lines. */
  total: Money
  /** Names in order, without those of void lines. A cancelled order has all names. */
  packages: string[]
  operation: OperationId
  /** Its number. Undefined while the order is open, and when it cost nothing. */
  invoice: string | undefined
  placedAt: Date
  endedAt: Date | undefined
}

/** An org's orders with lines, newest first, beginning after `after`. Uses the index `orders_by_org_and_time`. */
export async function listOrders(
  db: Db,
  { limit, after, ...filter }: OrderFilter & { limit: number; after?: OrderId | undefined },
): Promise<ListedOrder[]> {
  const rows = await filteredOrders(db, filter)
    .$if(after !== undefined, (query) => query.where(isBefore(db, after ?? 'ord_')))
    .orderBy('o.created_at', 'desc')
    .orderBy('o.id', 'desc')
    .limit(limit)
    .execute()
  const items = await itemsOf(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => asListed(row, items))
}

/** The currency of all orders of an org. Undefined when there are several, or no order. */
export async function onlyCurrency(db: Db, org: OrgId): Promise<string | undefined> {
  const [first, ...others] = await db
    .selectFrom('orders')
    .select('currency')
    .distinct()
    .where('org_id', '=', org)
    .limit(2)
    .execute()
  return others.length ? undefined : first?.currency
}

const isBefore = (db: Db, after: OrderId) =>
  sql<boolean>`(o.created_at, o.id) < ((${db.selectFrom('orders').select('created_at').where('id', '=', after)}), ${after})`

/** What the orders of a filter cost together, by status and currency. Cancelled orders took no money that was kept. */
export interface OrderSum {
  status: ListedOrder['status']
  orders: number
  total: Money
}

/** The sums of all orders of a filter. */
export async function sumsOfOrders(db: Db, filter: OrderFilter): Promise<OrderSum[]> {
  const rows = await db
    .selectFrom(filteredOrders(db, filter).as('f'))
    .select([STATUS.as('status'), 'f.currency', sql<number>`count(*)::int`.as('orders')])
    .select(
      sql<number>`sum(case when f.cancelled_at is null then f.amount_without_void else f.total_amount end)::bigint`.as(
        'amount',
      ),
    )
    // not by the status: of three values the planner expects thousands
    .groupBy([sql`f.cancelled_at is not null`, sql`f.closed_at is not null`, 'f.currency'])
    .orderBy('status')
    .orderBy('f.currency')
    .execute()
  return rows.map(({ status, orders, currency, amount: amountMinor }) => ({
    status,
    orders,
    total: { amountMinor, currency },
  }))
}

const STATUS = sql<
  ListedOrder['status']
>`case when f.cancelled_at is not null then 'cancelled' when f.closed_at is not null then 'completed' else 'open' end`

export interface OrderDetails extends ListedOrder {
  /** Name of the member who placed it. */
  placedBy: string
  /** Slug of the project it was delivered to. */
  project: string | undefined
  deliveredTo: { id: ProjectId; name: string } | undefined
  /** One per vendor. */
  lines: DetailedLine[]
  /** All licences of the order that still exist, also those that the org had before. */
  licences: { id: LicenceId; package: string; outcome: Decided['outcome']; status: LicenceStatus }[]
}

export interface DetailedLine {
  /** Slug. */
  vendor: string
  vendorName: string
  state: LineState
  total: Money
  /** Undefined for a free line, and until there is a card. */
  charge: { state: ChargeState; settledAt: Date | undefined } | undefined
  items: { package: string; edition: Edition; model: PriceModel; price: Money }[]
}

/** One order of an org. Refuses `order_not_found`, also for another org's order. */
export async function findOrder(
  db: Db,
  { org, id, at }: { org: OrgId; id: string; at: Date },
): Promise<OrderDetails> {
  if (!isId('ord', id)) throw new OrderNotFound()
  const row = await ordersWithLines(db, org)
    .innerJoin('customers as u', 'u.id', 'o.placed_by')
    .leftJoin('projects as j', 'j.id', 'o.delivered_to')
    .select(['o.decided', 'u.display_name', 'j.slug', 'j.id as project', 'j.name'])
    .where('o.id', '=', id)
    .executeTakeFirst()
  if (!row) throw new OrderNotFound()
  const items = await itemsOf(db, [id])
  return {
    ...asListed(row, items),
    placedBy: row.display_name,
    project: row.slug ?? undefined,
    deliveredTo: row.project && row.name ? { id: row.project, name: row.name } : undefined,
    lines: await linesOf(db, id, items),
    licences: await licencesOf(db, { org, decided: row.decided as unknown as Decided[], at }),
  }
}

/** The org of an order. Does not check access; the caller has to. */
export async function orgOfOrder(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('ord', id)) return undefined
  const row = await db.selectFrom('orders').select('org_id').where('id', '=', id).executeTakeFirst()
  return row?.org_id
}

type Row = Awaited<ReturnType<ReturnType<typeof ordersWithLines>['execute']>>[number]
type Item = Awaited<ReturnType<typeof itemsOf>>[number]

const asListed = (row: Row, items: readonly Item[]): ListedOrder => ({
  id: row.id,
  status: row.cancelled_at ? 'cancelled' : row.closed_at ? 'completed' : 'open',
  total: {
    amountMinor: row.cancelled_at ? row.total_amount : (row.amount_without_void ?? 0),
    currency: row.currency,
  },
  packages: items
    .filter(({ order_id, voided_at }) => order_id === row.id && (row.cancelled_at || !voided_at))
    .map(({ name }) => name),
  operation: row.operation_id,
  invoice: row.invoice ?? undefined,
  placedAt: row.created_at,
  endedAt: row.cancelled_at ?? row.closed_at ?? undefined,
})

async function itemsOf(db: Db, orders: readonly OrderId[]) {
  if (!orders.length) return []
  return db
    .selectFrom('order_items as i')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['l.order_id', 'l.voided_at', 'i.line_id', 'p.name'])
    .select(['i.edition', 'i.model', 'i.price_amount', 'i.currency'])
    .where('l.order_id', 'in', orders)
    .orderBy('p.name')
    .execute()
}

async function linesOf(db: Db, order: OrderId, items: readonly Item[]): Promise<DetailedLine[]> {
  const rows = await db
    .selectFrom('order_lines as l')
    .innerJoin('vendors as v', 'v.id', 'l.vendor_id')
    .leftJoin('charges as c', 'c.order_line_id', 'l.id')
    .select(['l.id', 'v.slug', 'v.name', 'l.total_amount', 'l.currency', 'l.paid_at', 'l.voided_at'])
    .select(['c.state', 'c.settled_at'])
    .where('l.order_id', '=', order)
    .orderBy('l.position')
    .execute()
  return rows.map((row) => ({
    vendor: row.slug,
    vendorName: row.name,
    state: stateOfLine(row),
    total: { amountMinor: row.total_amount, currency: row.currency },
    charge: row.state ? { state: row.state, settledAt: row.settled_at ?? undefined } : undefined,
    items: items
      .filter(({ line_id }) => line_id === row.id)
      .map(({ name, edition, model, price_amount: amountMinor, currency }) => {
        return { package: name, edition, model, price: { amountMinor, currency } }
      }),
  }))
}

async function licencesOf(
  db: Db,
  { org, decided, at }: { org: OrgId; decided: readonly Decided[]; at: Date },
): Promise<OrderDetails['licences']> {
  const ids = decided.map(({ licence }) => licence)
  const states = await licenceStates(db, { org, ids, at })
  return decided.flatMap(({ licence: id, package: name, outcome }) => {
    const status = states.get(id)
    return status ? [{ id, package: name, outcome, status }] : []
  })
}
