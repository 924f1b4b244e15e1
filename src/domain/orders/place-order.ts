import { mintId, type LicenceId, type OrderId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import { findPaymentMethod, openCharge, type PaymentMethod } from '#domain/billing'
import { reserveLicence } from '#domain/licensing'
import type { BegunOperation } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import type { Decided } from './order-store.ts'
import type { Plan, PlannedItem } from '#domain/cart'

export interface OrderPlaced {
  orderId: OrderId
  operation: BegunOperation
  plan: Plan
  quote: string | undefined
  /** Id of the card. Default: the org's default card. */
  card: string | undefined
  at: Date
}

/** A package that is bought, with the id of its new licence. */
interface Bought {
  item: PlannedItem
  licence: LicenceId
}

/**
 * Writes an order. Each vendor gets a line; lines that cost money come first. Each package gets an item and a reserved
 * licence. A line that costs money gets a charge if the org has a card. Refuses what `findPaymentMethod` refuses.
 */
export async function placeOrder(tx: Db, placed: OrderPlaced): Promise<Decided[]> {
  const { orderId, operation, plan, quote, card, at } = placed
  const decided = plan.items.map((item) => ({ item, ...decide(item, at) }))
  await tx
    .insertInto('orders')
    .values({
      id: orderId,
      org_id: operation.orgId,
      operation_id: operation.id,
      placed_by: operation.askedBy,
      quote: quote ?? null,
      total_amount: plan.total.amountMinor,
      currency: plan.total.currency,
      decided: JSON.stringify(
        decided.map(({ package: name, licence, outcome }) => ({ package: name, licence, outcome })),
      ),
      created_at: at,
    })
    .execute()
  const lines = byVendor(decided.filter(({ outcome }) => outcome === 'bought')).sort(
    (a, b) => Number(isFree(a)) - Number(isFree(b)),
  )
  const method = plan.total.amountMinor > 0 && (await findPaymentMethod(tx, operation.orgId, card))
  for (const [i, bought] of lines.entries())
    await placeLine(tx, placed, { position: i + 1, bought, method: method || undefined })
  return decided
}

function decide({ name, action, licence }: PlannedItem, at: Date): Decided {
  if (action === 'buy' || !licence)
    return { package: name, licence: mintId('lic', at, Math.random), outcome: 'bought' }
  return {
    package: name,
    licence,
    outcome: action === 'use_existing' ? 'used_existing' : 'already_installed',
  }
}

const byVendor = (bought: readonly Bought[]): Bought[][] => [
  ...Map.groupBy(bought, ({ item }) => item.vendor).values(),
]

const isFree = (bought: readonly Bought[]): boolean =>
  bought.every(({ item }) => item.price.amountMinor === 0)

async function placeLine(
  tx: Db,
  { orderId, operation, plan, at }: OrderPlaced,
  { position, bought, method }: { position: number; bought: Bought[]; method: PaymentMethod | undefined },
): Promise<void> {
  const [first] = bought
  if (!first) return
  const id = mintId('lin', at, Math.random)
  const amount: Money = sumOf(
    plan.total.currency,
    bought.map(({ item }) => item.price),
  )
  await tx
    .insertInto('order_lines')
    .values({
      id,
      order_id: orderId,
      vendor_id: first.item.vendor,
      position,
      total_amount: amount.amountMinor,
      currency: amount.currency,
    })
    .execute()
  for (const { item, licence } of bought) {
    const { packageId, edition, model, price } = item
    const itemId = mintId('itm', at, Math.random)
    await tx
      .insertInto('order_items')
      .values({
        id: itemId,
        line_id: id,
        package_id: packageId,
        edition,
        model,
        price_amount: price.amountMinor,
        currency: price.currency,
      })
      .execute()
    await reserveLicence(tx, {
      id: licence,
      org: operation.orgId,
      packageId,
      edition,
      model,
      item: itemId,
      at,
    })
  }
  if (amount.amountMinor > 0 && method) await openCharge(tx, { line: id, order: orderId, amount, method, at })
}
