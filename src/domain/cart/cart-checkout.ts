import type { LineId, OrderId, OrgId, PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { CartIsBeingCheckedOut, CartIsEmpty } from './errors.ts'
import type { PackageWanted } from './planned-item.ts'

/**
 * The items of the cart, by name. Refuses `cart_is_empty`, and `cart_is_being_checked_out` while a checkout holds
 * some.
 */
export async function cartToCheckOut(tx: Db, org: OrgId): Promise<PackageWanted[]> {
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

/** Holds these items for an order: no other checkout can buy them, and nobody can change or remove them. */
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

/** Releases the cart items of a void line. */
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

/** Releases cart items of an order by their names. */
export async function returnNames(tx: Db, order: OrderId, names: readonly string[]): Promise<void> {
  if (!names.length) return
  await tx
    .updateTable('cart_items as c')
    .from('packages as p')
    .set({ order_id: null })
    .where('c.order_id', '=', order)
    .whereRef('p.id', '=', 'c.package_id')
    .where('p.name', 'in', names)
    .execute()
}

/** Releases all cart items that a cancelled order still holds. */
export async function releaseCart(tx: Db, order: OrderId): Promise<void> {
  await tx.updateTable('cart_items').set({ order_id: null }).where('order_id', '=', order).execute()
}

/** Deletes the cart items that a delivered order still holds: they were bought or not needed. */
export async function emptyCart(tx: Db, order: OrderId): Promise<void> {
  await tx.deleteFrom('cart_items').where('order_id', '=', order).execute()
}
