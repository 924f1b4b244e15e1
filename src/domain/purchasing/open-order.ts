import { mintId, type LicenceId, type LineId, type OperationId, type OrderId, type OrgId } from '#kernel/ids'
import { findPaymentMethod, openCharge } from '#domain/billing'
import { reserveLicence, reserveSlot } from '#domain/licensing'
import { beginOperation, type BegunOperation } from '#domain/operations'
import { lockOrg, may } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { authorityOf } from './authority.ts'
import { QuoteAlreadyUsed } from './errors.ts'
import { type Decided, type Order, orderOf } from './order-store.ts'
import { type Plan, type PlannedItem, planPurchase } from './plan.ts'
import { askedIn, destinationOf, type Purchase } from './purchase.ts'
import { checkQuote } from './quote.ts'

export interface OrderWanted {
  operationId: OperationId
  orderId: OrderId
  quoteKey: Buffer
  at: Date
}

interface Opening extends OrderWanted {
  operation: BegunOperation
  purchase: Purchase
  plan: Plan
}

/**
 * Freezes the price and reserves what the purchase needs, in one transaction that holds the org: the order with its
 * lines, items and charge, licences that wait for their money, and slots on the project. Run again, it answers with
 * what the first run made. Without a saved card the charge is left for `chooseCard`. Refuses what `planPurchase`,
 * `checkQuote` and `findPaymentMethod` refuse.
 */
export async function openOrder(db: Db, wanted: OrderWanted): Promise<Order> {
  const { operationId, quoteKey, at } = wanted
  return db.transaction().execute(async (tx) => {
    const operation = await beginOperation(tx, operationId, at)
    const earlier = await orderOf(tx, operationId)
    if (earlier) return earlier
    const purchase = operation.input as Purchase
    const org = await authorityOf(tx, operation)
    await lockOrg(tx, org.id)
    const { project, edition } = await destinationOf(tx, org, purchase)
    if (purchase.quote) await refuseUsedQuote(tx, purchase.quote, org.id)
    const plan = await planPurchase(tx, { org: org.id, asked: askedIn(purchase), project, edition, at })
    if (purchase.quote) checkQuote(quoteKey, purchase.quote, org.id, plan, at)
    const decided = await placeOrder(tx, { ...wanted, operation, purchase, plan })
    if (may(org.role, 'activate_licences')) {
      const renewed = plan.items.filter(({ renews }) => renews).map(({ name }) => name)
      for (const each of decided.filter(({ outcome }) => outcome !== 'already_installed')) {
        const id = mintId('act', at, Math.random)
        // the place on the project is taken until the delivery
        const place = renewed.includes(each.package) ? undefined : project?.id
        await reserveSlot(tx, { id, licence: each.licence, project: place, operation: operationId, at })
      }
    }
    const opened = await orderOf(tx, operationId)
    if (!opened) throw new Error(`the order of ${operationId} vanished`)
    return opened
  })
}

/** Only this org's: another one's operation is nobody's business. */
async function refuseUsedQuote(tx: Db, quote: string, org: OrgId): Promise<void> {
  const used = await tx
    .selectFrom('orders')
    .select('operation_id')
    .where('quote', '=', quote)
    .where('org_id', '=', org)
    .executeTakeFirst()
  if (used) throw new QuoteAlreadyUsed(used.operation_id)
}

async function placeOrder(tx: Db, opening: Opening): Promise<Decided[]> {
  const { orderId, operationId, operation, purchase, plan, at } = opening
  const decided = plan.items.map((item) => ({ item, ...decide(item, at) }))
  await tx
    .insertInto('orders')
    .values({
      id: orderId,
      org_id: operation.orgId,
      operation_id: operationId,
      placed_by: operation.askedBy,
      quote: purchase.quote ?? null,
      total_amount: plan.total.amountMinor,
      currency: plan.total.currency,
      decided: JSON.stringify(
        decided.map(({ package: name, licence, outcome }) => ({ package: name, licence, outcome })),
      ),
      created_at: at,
    })
    .execute()
  const bought = decided.filter(({ outcome }) => outcome === 'bought')
  if (bought.length) await placeLine(tx, opening, bought)
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

/** One line, as long as one purchase has one vendor; what it costs is charged by its one charge. */
async function placeLine(
  tx: Db,
  opening: Opening,
  bought: Array<{ item: PlannedItem; licence: LicenceId }>,
): Promise<void> {
  const { orderId, operation, purchase, plan, at } = opening
  const [first] = bought
  if (!first) return
  const line: LineId = mintId('lin', at, Math.random)
  await tx
    .insertInto('order_lines')
    .values({
      id: line,
      order_id: orderId,
      vendor_id: first.item.vendor,
      position: 1,
      total_amount: plan.total.amountMinor,
      currency: plan.total.currency,
    })
    .execute()
  for (const { item, licence } of bought)
    await placeItem(tx, { line, item, licence, org: operation.orgId, at })
  if (plan.total.amountMinor === 0) return
  const method = await findPaymentMethod(tx, operation.orgId, purchase.payment_method)
  if (method) await openCharge(tx, { line, order: orderId, amount: plan.total, method, at })
}

async function placeItem(
  tx: Db,
  placed: {
    line: LineId
    item: PlannedItem
    licence: LicenceId
    org: BegunOperation['orgId']
    at: Date
  },
): Promise<void> {
  const { line, item, licence, org, at } = placed
  const id = mintId('itm', at, Math.random)
  await tx
    .insertInto('order_items')
    .values({
      id,
      line_id: line,
      package_id: item.packageId,
      edition: item.edition,
      model: item.model,
      price_amount: item.price.amountMinor,
      currency: item.price.currency,
    })
    .execute()
  const { packageId, edition, model } = item
  await reserveLicence(tx, { id: licence, org, packageId, edition, model, item: id, at })
}
