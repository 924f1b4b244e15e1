import type { LineId, OperationId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { chargeToConfirm } from '#domain/billing'
import type { Purchase } from '#domain/cart'
import { holdsSlots } from '#domain/licensing'
import { findProject } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import type { ChargeState, PriceModel } from '../../platform/tables.ts'
import { type LineState, stateOfLine } from './line-state.ts'
import { boughtBy, orderOf } from './order-store.ts'

/** A purchase as its operation page shows it. */
export interface Deal {
  items: DealItem[]
  /** The number of vendors. Each vendor is paid by a separate charge. */
  lines: number
  /** Without void lines. When all lines are void, it is the total of all lines. */
  total: Money
  /** The next charge and the name of its vendor. Undefined when no charge is open. */
  due: { vendor: string; amount: Money } | undefined
  /** One for each vendor, in the order in which they are charged. */
  payments: DealPayment[]
  /** The name of the project that gets it, also of one that will be created. Undefined: the licences stay with the org. */
  project: string | undefined
}

export interface DealPayment {
  /** The vendor's name. */
  vendor: string
  slug: string
  amount: Money
  state: DealItem['state']
  /** What became of its charge. Undefined for a free line, and until it is charged. */
  charge: ChargeState | undefined
  /** Brand and last four digits of the card. Undefined for a free line, and until there is a card. */
  card: string | undefined
}

export interface DealItem {
  package: string
  edition: Edition
  price: Money
  model: PriceModel
  /** The end of the licence before and after it, when it is renewed. */
  renewal: { from: Date; until: Date } | undefined
  /** The packages of the purchase that come with it. */
  covers: string[]
  /** The state of its line. `void`: not bought. */
  state: LineState
}

/** What an operation buys. Undefined for an operation without an order. */
export async function dealOf(db: Db, operation: OperationId): Promise<Deal | undefined> {
  const order = await orderOf(db, operation)
  if (!order) return undefined
  const rows = await db
    .selectFrom('order_items as i')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .leftJoin('licence_renewals as r', 'r.item_id', 'i.id')
    .select(['i.model', 'r.from_at', 'r.until_at'])
    .select(['p.name', 'i.edition', 'i.price_amount', 'i.currency', 'l.paid_at', 'l.voided_at'])
    .where('l.order_id', '=', order.id)
    .orderBy('p.name')
    .execute()
  const items = rows.map((row): DealItem => ({
    package: row.name,
    edition: row.edition,
    price: { amountMinor: row.price_amount, currency: row.currency },
    model: row.model,
    renewal: row.from_at && row.until_at ? { from: row.from_at, until: row.until_at } : undefined,
    covers: order.decided
      .filter(({ outcome, through }) => outcome === 'covered' && through === row.name)
      .map((each) => each.package),
    state: stateOfLine(row),
  }))
  const notVoid = items.filter(({ state }) => state !== 'void')
  const prices = (notVoid.length ? notVoid : items).map(({ price }) => price)
  const total = sumOf(order.total.currency, prices)
  return {
    items,
    lines: order.lines.length,
    total,
    due: await due(db, operation),
    payments: await paymentsOf(
      db,
      order.lines.map(({ id }) => id),
    ),
    project: await projectOf(db, operation),
  }
}

async function paymentsOf(db: Db, lines: readonly LineId[]): Promise<DealPayment[]> {
  if (!lines.length) return []
  const rows = await db
    .selectFrom('order_lines as l')
    .innerJoin('vendors as v', 'v.id', 'l.vendor_id')
    .leftJoin('charges as c', 'c.order_line_id', 'l.id')
    .leftJoin('payment_methods as m', 'm.id', 'c.payment_method_id')
    .select(['v.name', 'v.slug', 'l.total_amount', 'l.currency', 'l.paid_at', 'l.voided_at'])
    .select(['c.state as charge', 'm.brand', 'm.last4'])
    .where('l.id', 'in', lines)
    .orderBy('l.position')
    .execute()
  return rows.map(({ name, slug, total_amount, currency, charge, brand, last4, ...row }) => ({
    vendor: name,
    slug,
    amount: { amountMinor: total_amount, currency },
    state: stateOfLine(row),
    charge: charge ?? undefined,
    card: brand && last4 ? `${brand} ${last4}` : undefined,
  }))
}

/** The project of the delivery; before it, the one for which slots are reserved. A renewed licence stays where it is. */
async function projectOf(db: Db, operation: OperationId): Promise<string | undefined> {
  const { org_id, input, delivered_to, closed_at, holds_slots } = await db
    .selectFrom('operations as p')
    .innerJoin('orders as o', 'o.operation_id', 'p.id')
    .select(['p.org_id', 'p.input', 'o.delivered_to', 'o.closed_at'])
    .select(holdsSlots.as('holds_slots'))
    .where('p.id', '=', operation)
    .executeTakeFirstOrThrow()
  const { project, new_project, renew } = input as Purchase
  const isExpected = closed_at ? renew : renew || holds_slots
  const ref = delivered_to ?? (isExpected ? project : undefined)
  if (ref !== undefined) return (await findProject(db, org_id, ref))?.name
  return isExpected ? new_project?.name : undefined
}

async function due(db: Db, operation: OperationId): Promise<Deal['due']> {
  const charge = await chargeToConfirm(db, operation)
  return charge && { vendor: (await boughtBy(db, charge.line)).vendorName, amount: charge.amount }
}
