import type { OrgId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import { audit } from '#domain/audit'
import { packagesForPurchase, type Price } from '#domain/catalogue'
import { assertMay, type Caller, lockOrg, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { CartIsBeingCheckedOut, CartIsFull, PackageNotFound } from './errors.ts'
import { type Asked, priceToPay, refuseRepeats } from './plan.ts'

/** As many packages as one purchase may name. */
const MOST_ITEMS = 20
/** The edition of what is bought for no project. */
const USUAL: Edition = 'open-source'

export interface CartItem {
  package: string
  /** None: that of the project it is bought for. */
  edition: Edition | undefined
  /** What it costs now, without an edition for `open-source`; none for what cannot be bought any more. */
  price: Price | undefined
  /** Why it cannot be bought any more. */
  problem: Refusal | undefined
  /** Name of the member who put it there. */
  addedBy: string
  addedAt: Date
  /** A checkout that is not over holds it. */
  isHeld: boolean
}

export interface Cart {
  /** By name; an org has one cart, shared by its members. */
  items: CartItem[]
  /** What the items cost that can be bought, one per currency. */
  totals: Money[]
}

/** An org's cart at the prices of now. What the org or a project already has is not looked at: a quote does that. */
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
        return priceToPay(pack, row.edition ?? USUAL)
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

interface CartDeed {
  caller: Caller
  org: OrgAccess
  at: Date
}

/**
 * Puts packages into the org's cart; one that is there gets the edition asked for now. All or
 * nothing. Refuses what cannot be bought, each reason with its own code, `cart_is_full`, `cart_is_being_checked_out`.
 */
export async function addToCart(
  db: Db,
  { caller, org, at, asked }: CartDeed & { asked: readonly Asked[] },
): Promise<void> {
  assertMay(org, 'fill_cart')
  refuseRepeats(asked)
  const names = asked.map((each) => each.package)
  await inTransaction(db, async (tx) => {
    await lockOrg(tx, org.id)
    await refuseHeld(tx, org.id, names)
    await tx
      .insertInto('carts')
      .values({ org_id: org.id, updated_at: at })
      .onConflict((on) => on.column('org_id').doUpdateSet({ updated_at: at }))
      .execute()
    const found = await packagesForPurchase(tx, names)
    for (const { package: name, edition } of asked) {
      const pack = found.find((each) => each.name === name)
      if (!pack) throw new PackageNotFound(name)
      priceToPay(pack, edition ?? USUAL)
      const place = { org_id: org.id, package_id: pack.id, edition: edition ?? null }
      const item = { ...place, added_by: caller.customer, added_at: at }
      await tx
        .insertInto('cart_items')
        .values(item)
        .onConflict((on) => on.columns(['org_id', 'package_id']).doUpdateSet({ edition: place.edition }))
        .execute()
    }
    if ((await itemsIn(tx, org.id)) > MOST_ITEMS) throw new CartIsFull(MOST_ITEMS)
    await auditCart(tx, { caller, org }, { action: 'add_to_cart', names })
  })
}

/** Takes packages out; answers those that were in it. Refuses `cart_is_being_checked_out`. */
export async function removeFromCart(
  db: Db,
  { caller, org, names }: Omit<CartDeed, 'at'> & { names: readonly string[] },
): Promise<string[]> {
  assertMay(org, 'fill_cart')
  return inTransaction(db, async (tx) => {
    await lockOrg(tx, org.id)
    await refuseHeld(tx, org.id, names)
    const removed = await tx
      .deleteFrom('cart_items as i')
      .using('packages as p')
      .whereRef('p.id', '=', 'i.package_id')
      .where('i.org_id', '=', org.id)
      .where('p.name', 'in', names)
      .returning('p.name')
      .execute()
    const gone = removed.map(({ name }) => name).sort()
    if (gone.length) await auditCart(tx, { caller, org }, { action: 'remove_from_cart', names: gone })
    return gone
  })
}

/** What a running checkout may still charge for stays as it is. */
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

async function itemsIn(tx: Db, org: OrgId): Promise<number> {
  const { n } = await tx
    .selectFrom('cart_items')
    .select((count) => count.fn.countAll<number>().as('n'))
    .where('org_id', '=', org)
    .executeTakeFirstOrThrow()
  return n
}

const auditCart = (
  tx: Db,
  { caller, org }: Pick<CartDeed, 'caller' | 'org'>,
  { action, names }: { action: string; names: readonly string[] },
) =>
  audit(tx, {
    chain: `org:${org.id}`,
    action,
    outcome: 'done',
    customer: caller.customer,
    connection: caller.connection,
    org: org.id,
    detail: { packages: names.join(' ') },
  })
