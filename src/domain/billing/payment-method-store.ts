import type { OperationId, OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { RemovedCard } from './detach-cards.ts'
import { PaymentMethodNotFound, PaymentMethodRefused } from './errors.ts'

const DETACH_AFTER_MS = 60_000

/** The data of a saved card that a charge needs. */
export interface PaymentMethod {
  id: PaymentMethodId
  stripePaymentMethodId: string
  stripeCustomerId: string
  /** Brand and last four digits. */
  name: string
}

/** The data of a saved card that people may see. */
export interface ListedCard {
  id: PaymentMethodId
  brand: string
  last4: string
  expMonth: number
  expYear: number
  isDefault: boolean
  /** The bank asked us never to charge it again. */
  isRefused: boolean
  createdAt: Date
}

/** Stores the org's account at the provider, unless it has one already. */
export async function addBillingAccount(
  db: Db,
  account: { org: OrgId; stripeCustomerId: string; at: Date },
): Promise<void> {
  await db
    .insertInto('billing_accounts')
    .values({ org_id: account.org, stripe_customer_id: account.stripeCustomerId, created_at: account.at })
    .onConflict((on) => on.column('org_id').doNothing())
    .execute()
}

export async function stripeCustomerOf(db: Db, org: OrgId): Promise<string | undefined> {
  const row = await db
    .selectFrom('billing_accounts')
    .select('stripe_customer_id')
    .where('org_id', '=', org)
    .executeTakeFirst()
  return row?.stripe_customer_id
}

export interface NewPaymentMethod {
  id: PaymentMethodId
  org: OrgId
  stripePaymentMethodId: string
  brand: string
  last4: string
  expMonth: number
  expYear: number
  isDefault: boolean
  /** Only `detachDue` reads it. */
  isRemoved?: boolean
  /** The operation on whose page it was saved. */
  addedBy?: OperationId
  at: Date
}

/** Adds a card, by its id at the provider. A second call changes nothing. */
export async function addPaymentMethod(tx: Db, method: NewPaymentMethod): Promise<void> {
  await tx
    .insertInto('payment_methods')
    .values({
      id: method.id,
      org_id: method.org,
      stripe_payment_method_id: method.stripePaymentMethodId,
      brand: method.brand,
      last4: method.last4,
      exp_month: method.expMonth,
      exp_year: method.expYear,
      default_since: method.isDefault ? method.at : null,
      removed_at: method.isRemoved ? method.at : null,
      detach_at: method.isRemoved ? method.at : null,
      added_by: method.addedBy ?? null,
      created_at: method.at,
    })
    .onConflict((on) => on.column('stripe_payment_method_id').doNothing())
    .execute()
}

/**
 * The `wanted` card of the org, or its default card, or undefined without a default. Refuses
 * `payment_method_not_found`, and `payment_method_refused` for a card that the bank asked us never to charge again.
 */
export async function findPaymentMethod(
  db: Db,
  org: OrgId,
  wanted: string | undefined,
): Promise<PaymentMethod | undefined> {
  const row = await db
    .selectFrom('payment_methods as m')
    .innerJoin('billing_accounts as b', 'b.org_id', 'm.org_id')
    .select(['m.id', 'm.stripe_payment_method_id', 'm.refused_at', 'b.stripe_customer_id'])
    .select(['m.brand', 'm.last4'])
    .where('m.org_id', '=', org)
    .where('m.removed_at', 'is', null)
    .$if(wanted !== undefined, (query) => query.where('m.id', '=', wanted as PaymentMethodId))
    .$if(wanted === undefined, (query) => query.where('m.default_since', 'is not', null))
    .executeTakeFirst()
  if (!row && wanted !== undefined) throw new PaymentMethodNotFound()
  if (row?.refused_at) throw new PaymentMethodRefused(row.id)
  return (
    row && {
      id: row.id,
      stripePaymentMethodId: row.stripe_payment_method_id,
      stripeCustomerId: row.stripe_customer_id,
      name: `${row.brand} ${row.last4}`,
    }
  )
}

/** The id of the org's default card, also when the bank refused it. */
export async function defaultCardOf(db: Db, org: OrgId): Promise<PaymentMethodId | undefined> {
  const row = await db
    .selectFrom('payment_methods')
    .select('id')
    .where('org_id', '=', org)
    .where('removed_at', 'is', null)
    .where('default_since', 'is not', null)
    .executeTakeFirst()
  return row?.id
}

/** The org's cards that are not removed: first the default card, then the others, newest first. */
export async function listPaymentMethods(db: Db, org: OrgId): Promise<ListedCard[]> {
  const rows = await db
    .selectFrom('payment_methods')
    .select(['id', 'brand', 'last4', 'exp_month', 'exp_year', 'default_since', 'refused_at', 'created_at'])
    .where('org_id', '=', org)
    .where('removed_at', 'is', null)
    .orderBy('default_since', (order) => order.desc().nullsLast())
    .orderBy('id', 'desc')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    brand: row.brand,
    last4: row.last4,
    expMonth: row.exp_month,
    expYear: row.exp_year,
    isDefault: row.default_since !== null,
    isRefused: row.refused_at !== null,
    createdAt: row.created_at,
  }))
}

/** Makes a card the default of its org. Returns whether it was another one. Refuses what `findPaymentMethod` refuses. */
export async function makeDefault(
  tx: Db,
  { org, id, at }: { org: OrgId; id: string; at: Date },
): Promise<boolean> {
  const method = await findPaymentMethod(tx, org, id)
  if (!method) throw new PaymentMethodNotFound()
  if (method.id === (await defaultCardOf(tx, org))) return false
  await tx
    .updateTable('payment_methods')
    .set({ default_since: null })
    .where('org_id', '=', org)
    .where('default_since', 'is not', null)
    .execute()
  await tx.updateTable('payment_methods').set({ default_since: at }).where('id', '=', method.id).execute()
  return true
}

/** Removes a card. The caller has to detach it at the provider; a minute later, `detachDue` does so too. */
export async function removePaymentMethod(
  tx: Db,
  { org, id, at }: { org: OrgId; id: string; at: Date },
): Promise<RemovedCard> {
  const removed = await tx
    .updateTable('payment_methods')
    .set({ removed_at: at, default_since: null, detach_at: new Date(at.getTime() + DETACH_AFTER_MS) })
    .where('org_id', '=', org)
    .where('id', '=', id as PaymentMethodId)
    .where('removed_at', 'is', null)
    .returning(['id', 'stripe_payment_method_id'])
    .executeTakeFirst()
  if (!removed) throw new PaymentMethodNotFound()
  return { card: removed.id, id: removed.stripe_payment_method_id }
}

/** Marks a card that the bank asked us never to charge again. */
export async function refusePaymentMethod(tx: Db, id: PaymentMethodId, at: Date): Promise<void> {
  await tx
    .updateTable('payment_methods')
    .set({ refused_at: at, default_since: null })
    .where('id', '=', id)
    .where('refused_at', 'is', null)
    .execute()
}
