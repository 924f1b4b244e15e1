import type { OrgId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import { type Edition, MOST_PACKAGES } from '#kernel/schemas'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { audit, by } from '#domain/audit'
import { packagesForPurchase, type Price } from '#domain/catalogue'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { CartIsBeingCheckedOut, CartIsFull, PackageNotFound } from './errors.ts'
import { refuseRepeats } from './plan.ts'
import type { PackageWanted } from './planned-item.ts'
import { priceToPay } from './sellable.ts'

/** Used for an item that names no edition, because a cart has no project. */
const DEFAULT_EDITION: Edition = 'open-source'

export interface CartItem {
  package: string
  /** Undefined: the edition of the project that it is bought for. */
  edition: Edition | undefined
  /**
   * The current price. Without an edition it is the price for `open-source`. Undefined when it can no longer be
   * bought.
   */
  price: Price | undefined
  /** Why it can no longer be bought. */
  problem: Refusal | undefined
  /** Name of the member who added it. */
  addedBy: string
  addedAt: Date
  /** A running checkout holds the item. */
  isHeld: boolean
}

export interface Cart {
  /** Ordered by name. */
  items: CartItem[]
  /** The total of the items that can be bought, one per currency. */
  totals: Money[]
}

/** The cart that an org's members share, at current prices. Only a quote considers what the org already has. */
export async function readCart(db: Db, org: OrgId): Promise<Cart> {
  const rows = await db
    .selectFrom('cart_items as i')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .innerJoin('customers as u', 'u.id', 'i.added_by')
    .select(['p.name', 'i.edition', 'i.added_at', 'i.order_id', 'u.display_name'])
    .where('i.org_id', '=', org)
    .orderBy('p.name')
    .execute()
  const found = await packagesForPurchase(
    db,
    rows.map(({ name }) => name),
  )
  const items = rows.map((row): CartItem => {
    const pack = found.find(({ name }) => name === row.name)
    return {
      package: row.name,
      edition: row.edition ?? undefined,
      ...priceOrProblem(() => {
        if (!pack) throw new PackageNotFound(row.name)
        return priceToPay(pack, row.edition ?? DEFAULT_EDITION)
      }),
      addedBy: row.display_name,
      addedAt: row.added_at,
      isHeld: row.order_id !== null,
    }
  })
  return { items, totals: totalsOf(items) }
}

function priceOrProblem(price: () => Price): Pick<CartItem, 'price' | 'problem'> {
  try {
    return { price: price(), problem: undefined }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { price: undefined, problem: asRefusal(error) }
  }
}

function totalsOf(items: readonly CartItem[]): Money[] {
  const prices = items.flatMap(({ price }) => (price ? [price] : []))
  return [...Map.groupBy(prices, ({ currency }) => currency)].map(([currency, each]) => sumOf(currency, each))
}

interface CartChange {
  caller: Caller
  org: OrgAccess
  at: Date
}

/**
 * Adds all packages to the org's cart, or none. A package that is already there gets the new edition. Only
 * packages that change the cart are audited. Refuses `cart_is_full`, `cart_is_being_checked_out`, and a package that cannot be bought, with a code for each reason.
 */
export async function addToCart(
  db: Db,
  { caller, org, at, wanted }: CartChange & { wanted: readonly PackageWanted[] },
): Promise<void> {
  assertMay(org, 'fill_cart')
  refuseRepeats(wanted)
  const names = wanted.map((each) => each.package)
  await inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller, org }, 'fill_cart')
    await refuseHeld(tx, org.id, names)
    await tx
      .insertInto('carts')
      .values({ org_id: org.id, updated_at: at })
      .onConflict((on) => on.column('org_id').doUpdateSet({ updated_at: at }))
      .execute()
    const found = await packagesForPurchase(tx, names)
    const added: string[] = []
    for (const { package: name, edition } of wanted) {
      const pack = found.find((each) => each.name === name)
      if (!pack) throw new PackageNotFound(name)
      priceToPay(pack, edition ?? DEFAULT_EDITION)
      const chosen = { edition: edition ?? null }
      const item = { org_id: org.id, package_id: pack.id, added_by: caller.customer, added_at: at }
      const { numInsertedOrUpdatedRows: n } = await tx
        .insertInto('cart_items')
        .values({ ...item, ...chosen })
        .onConflict((on) =>
          on
            .columns(['org_id', 'package_id'])
            .doUpdateSet(chosen)
            .where('cart_items.edition', 'is distinct from', chosen.edition),
        )
        .executeTakeFirstOrThrow()
      if (n) added.push(name)
    }
    if ((await countCartItems(tx, org.id)) > MOST_PACKAGES) throw new CartIsFull(MOST_PACKAGES)
    if (added.length) await auditCart(tx, { caller, org }, { action: 'add_to_cart', names: added })
  })
}

/** Removes packages from the cart. Returns the names of those that were in it. Refuses `cart_is_being_checked_out`. */
export async function removeFromCart(
  db: Db,
  { caller, org, names }: Omit<CartChange, 'at'> & { names: readonly string[] },
): Promise<string[]> {
  assertMay(org, 'fill_cart')
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller, org }, 'fill_cart')
    await refuseHeld(tx, org.id, names)
    const removed = await tx
      .deleteFrom('cart_items as i')
      .using('packages as p')
      .whereRef('p.id', '=', 'i.package_id')
      .where('i.org_id', '=', org.id)
      .where('p.name', 'in', names)
      .returning('p.name')
      .execute()
    const removedNames = removed.map(({ name }) => name).sort()
    if (removedNames.length)
      await auditCart(tx, { caller, org }, { action: 'remove_from_cart', names: removedNames })
    return removedNames
  })
}

/** Refuses to change items that a running checkout holds, because it may still charge them. */
async function refuseHeld(tx: Db, org: OrgId, names: readonly string[]): Promise<void> {
  const held = await tx
    .selectFrom('cart_items as i')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select('p.name')
    .where('i.org_id', '=', org)
    .where('i.order_id', 'is not', null)
    .where('p.name', 'in', names)
    .orderBy('p.name')
    .execute()
  if (held.length) throw new CartIsBeingCheckedOut(held.map(({ name }) => name))
}

/** How many packages the cart of an org has. */
export async function countCartItems(db: Db, org: OrgId): Promise<number> {
  const { n } = await db
    .selectFrom('cart_items')
    .select((count) => count.fn.countAll<number>().as('n'))
    .where('org_id', '=', org)
    .executeTakeFirstOrThrow()
  return n
}

const auditCart = (
  tx: Db,
  { caller, org }: Pick<CartChange, 'caller' | 'org'>,
  { action, names }: { action: string; names: readonly string[] },
) =>
  audit(tx, {
    chain: `org:${org.id}`,
    action,
    outcome: 'done',
    ...by(caller),
    org: org.id,
    detail: { packages: names.join(' ') },
  })
