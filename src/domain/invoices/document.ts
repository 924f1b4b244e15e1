import type { NotNull } from 'kysely'
import { countryName } from '#kernel/countries'
import type { OrderId, OrgId } from '#kernel/ids'
import type { Seller } from '#kernel/seller'
import { findBillingDetails } from '#domain/billing'
import { paidUntil } from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import type { InvoicedBuyer, InvoicedItem, InvoicedLine, InvoiceDocument } from './invoice.ts'
import { taxTextNow, termTextNow } from './words.ts'

/** Who sold what to whom. The lines of an order that were not bought are missing. */
export async function documentOf(
  tx: Db,
  { order, org, seller, suppliedAt }: { order: OrderId; org: OrgId; seller: Seller; suppliedAt: Date },
): Promise<InvoiceDocument> {
  return {
    seller,
    buyer: await buyerOf(tx, org),
    order,
    suppliedAt: suppliedAt.toISOString(),
    lines: await linesOf(tx, order),
    tax: { kind: 'none', amount: 0, text: taxTextNow({ kind: 'none' }) },
  }
}

async function buyerOf(tx: Db, org: OrgId): Promise<InvoicedBuyer> {
  const details = await findBillingDetails(tx, org)
  if (!details) {
    const { name } = await tx
      .selectFrom('orgs')
      .select('name')
      .where('id', '=', org)
      .executeTakeFirstOrThrow()
    return { name, address: [] }
  }
  const { legalName: name, address, country, vatId } = details
  return { name, address: [...address, countryName(country) ?? country], ...(vatId && { vatId }) }
}

async function linesOf(tx: Db, order: OrderId): Promise<InvoicedLine[]> {
  const lines = await tx
    .selectFrom('paid_lines as l')
    .innerJoin('vendors as v', 'v.id', 'l.vendor_id')
    .leftJoin('charges as c', 'c.order_line_id', 'l.id')
    .leftJoin('payment_methods as m', 'm.id', 'c.payment_method_id')
    .select(['l.id', 'l.total_amount', 'v.name', 'm.brand', 'm.last4'])
    .where('l.order_id', '=', order)
    .orderBy('l.position')
    .$narrowType<{ id: NotNull; total_amount: NotNull }>()
    .execute()
  const items = await itemsOf(tx, order)
  return lines.map(({ id, total_amount, name: vendor, brand, last4 }) => ({
    vendor,
    amount: total_amount,
    items: items.filter(({ line_id }) => line_id === id).map(shownItem),
    ...(brand !== null && last4 !== null && { card: { brand, last4 } }),
  }))
}

/** A renewal has no licence of its own: it extends the one that it renews. */
const itemsOf = (tx: Db, order: OrderId) =>
  tx
    .selectFrom('order_items as i')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .leftJoin('licence_renewals as r', 'r.item_id', 'i.id')
    .leftJoin('licences as n', 'n.order_item_id', 'i.id')
    .select(['i.line_id', 'p.name', 'i.edition', 'i.model', 'i.price_amount', 'n.id', 'r.licence_id'])
    .select(['n.activated_at', 'r.from_at', 'r.until_at'])
    .where('l.order_id', '=', order)
    .orderBy('p.name')
    .execute()

function shownItem(row: Awaited<ReturnType<typeof itemsOf>>[number]): InvoicedItem {
  const licence = row.licence_id ?? row.id
  const from = row.from_at ?? row.activated_at
  // not the end of the licence: an invoice that is issued late would say how far it was renewed since
  const until = row.until_at ?? (from && paidUntil(row.model, from))
  const item: InvoicedItem = {
    package: row.name,
    edition: row.edition,
    model: row.model,
    ...(licence && { licence }),
    isRenewal: row.licence_id !== null,
    amount: row.price_amount,
    ...(from && until && { term: { from: from.toISOString(), until: until.toISOString() } }),
  }
  return { ...item, text: termTextNow(item) }
}
