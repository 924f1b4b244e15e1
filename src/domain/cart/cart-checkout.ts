import type { LineId, OrderId, OrgId, PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { CartIsBeingCheckedOut, CartIsEmpty } from './errors.ts'
import type { Asked } from './plan.ts'

/** What a checkout buys, by name. Refuses `cart_is_empty`, and `cart_is_being_checked_out` while another one holds it. */
export async function cartToCheckOut(tx: Db, org: OrgId): Promise<Asked[]> {
  const items = await tx
    .selectFrom('cart_items as i')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['p.name', 'i.edition', 'i.order_id'])
    .where('i.org_id', '=', org)
    .orderBy('p.name')
    .execute()
  if (!items.length) throw new CartIsEmpty()
  const held = items.filter(({ order_id }) => order_id)
  if (held.length) throw new CartIsBeingCheckedOut(held.map(({ name }) => name))
  return items.map(({ name, edition }) => ({ package: name, edition: edition ?? undefined }))
}

/** From now on no other checkout buys these items, and nobody changes them. */
export async function holdCart(
  tx: Db,
  { org, packages, order }: { org: OrgId; packages: readonly PackageId[]; order: OrderId },
): Promise<void> {
  await tx
    .updateTable('cart_items')
    .set({ order_id: order })
    .where('org_id', '=', org)
    .where('package_id', 'in', packages)
    .execute()
}

/** What a void line would have bought is an item of the cart again. */
export async function returnToCart(tx: Db, line: LineId): Promise<void> {
  await tx
    .updateTable('cart_items as c')
    .from('order_lines as l')
    .innerJoin('order_items as i', 'i.line_id', 'l.id')
    .set({ order_id: null })
    .where('l.id', '=', line)
    .whereRef('c.order_id', '=', 'l.order_id')
    .whereRef('c.package_id', '=', 'i.package_id')
    .execute()
}

/** The order is cancelled: all it still holds is free again. */
export async function releaseCart(tx: Db, order: OrderId): Promise<void> {
  await tx.updateTable('cart_items').set({ order_id: null }).where('order_id', '=', order).execute()
}

/** The order is delivered: all it still holds is bought, or was not needed. */
export async function emptyCart(tx: Db, order: OrderId): Promise<void> {
  await tx.deleteFrom('cart_items').where('order_id', '=', order).execute()
}
