import { mintId, type LicenceId, type OrderId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import { findPaymentMethod, openCharge, type PaymentMethod } from '#domain/billing'
import { reserveLicence, reserveRenewal } from '#domain/licensing'
import type { BegunOperation } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import type { Decided } from './order-store.ts'
import { isPaidFor, type Plan, type PlannedItem } from '#domain/cart'

export interface OrderPlaced {
  orderId: OrderId
  operation: BegunOperation
  plan: Plan
  quote: string | undefined
  /** Id of the card. Default: the org's default card. */
  card: string | undefined
  at: Date
}

/** A package that is bought or renewed, with the id of its licence. */
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
  const decided = decide(plan.items, at)
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
        decided.map(({ package: name, licence, outcome, through }) => ({
          package: name,
          licence,
          outcome,
          through,
        })),
      ),
      created_at: at,
    })
    .execute()
  const lines = byVendor(decided.filter(({ item }) => isPaidFor(item))).sort(
    (a, b) => Number(isFree(a)) - Number(isFree(b)),
  )
  const method = plan.total.amountMinor > 0 && (await findPaymentMethod(tx, operation.orgId, card))
  for (const [i, bought] of lines.entries())
    await placeLine(tx, placed, { position: i + 1, bought, method: method || undefined })
  return decided
}

/** Mints the ids of new licences. A package that is covered gets the licence of the package that covers it. */
function decide(items: readonly PlannedItem[], at: Date): Array<Decided & { item: PlannedItem }> {
  const licences = new Map(
    items.map(({ name, licence }) => [name, licence ?? mintId('lic', at, Math.random)] as const),
  )
  return items.map((item) => {
    const { name, action, through } = item
    const licence = licences.get(action === 'covered' && through ? through : name)
    if (!licence) throw new Error(`${name} comes with nothing`)
    return { item, package: name, licence, outcome: OUTCOMES[action], ...(through && { through }) }
  })
}

const OUTCOMES = {
  buy: 'bought',
  renew: 'renewed',
  use_existing: 'used_existing',
  already_installed: 'already_installed',
  covered: 'covered',
} as const satisfies Record<PlannedItem['action'], Decided['outcome']>

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
    const { packageId, edition, model, price, renewal } = item
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
    const { orgId: org } = operation
    if (renewal) await reserveRenewal(tx, { item: itemId, licence, ...renewal })
    else await reserveLicence(tx, { id: licence, org, packageId, edition, model, item: itemId, at })
  }
  if (amount.amountMinor > 0 && method) await openCharge(tx, { line: id, order: orderId, amount, method, at })
}
