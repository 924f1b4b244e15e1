import type { OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { NoPaymentMethod, PaymentMethodNotFound } from './errors.ts'

export interface PaymentMethod {
  id: PaymentMethodId
  stripePaymentMethodId: string
  stripeCustomerId: string
}

export async function addBillingAccount(
  db: Db,
  account: { org: OrgId; stripeCustomerId: string; at: Date },
): Promise<void> {
  await db
    .insertInto('billing_accounts')
    .values({ org_id: account.org, stripe_customer_id: account.stripeCustomerId, created_at: account.at })
    .execute()
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
  at: Date
}

export async function addPaymentMethod(db: Db, method: NewPaymentMethod): Promise<void> {
  await db
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
      created_at: method.at,
    })
    .execute()
}

/** The named card of the org, else its default one. Refuses `payment_method_not_found`, `no_payment_method`. */
export async function paymentMethodOf(db: Db, org: OrgId, wanted?: string): Promise<PaymentMethod> {
  const row = await db
    .selectFrom('payment_methods as m')
    .innerJoin('billing_accounts as b', 'b.org_id', 'm.org_id')
    .select(['m.id', 'm.stripe_payment_method_id', 'b.stripe_customer_id'])
    .where('m.org_id', '=', org)
    .where('m.removed_at', 'is', null)
    .$if(wanted !== undefined, (query) => query.where('m.id', '=', wanted as PaymentMethodId))
    .$if(wanted === undefined, (query) => query.where('m.default_since', 'is not', null))
    .executeTakeFirst()
  if (!row) throw wanted === undefined ? new NoPaymentMethod() : new PaymentMethodNotFound(wanted)
  return {
    id: row.id,
    stripePaymentMethodId: row.stripe_payment_method_id,
    stripeCustomerId: row.stripe_customer_id,
  }
}
