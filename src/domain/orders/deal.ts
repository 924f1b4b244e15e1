import type { OperationId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { chargeToConfirm } from '#domain/billing'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'
import { boughtBy, orderOf } from './order-store.ts'

/** A purchase as its operation page shows it. */
export interface Deal {
  items: DealItem[]
  /** The number of vendors. Each vendor is paid by a separate charge. */
  lines: number
  /** Without void lines. When all lines are void, it is the total of all lines. */
  total: Money
  /** The next charge. Undefined when no charge is open. */
  due: { vendor: string; amount: Money } | undefined
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
  state: 'open' | 'paid' | 'void'
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
    state: row.voided_at ? 'void' : row.paid_at ? 'paid' : 'open',
  }))
  const notVoid = items.filter(({ state }) => state !== 'void')
  const prices = (notVoid.length ? notVoid : items).map(({ price }) => price)
  const total = sumOf(order.total.currency, prices)
  return { items, lines: order.lines.length, total, due: await due(db, operation) }
}

async function due(db: Db, operation: OperationId): Promise<Deal['due']> {
  const charge = await chargeToConfirm(db, operation)
  return charge && { vendor: (await boughtBy(db, charge.line)).vendor, amount: charge.amount }
}
