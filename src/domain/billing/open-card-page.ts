import { randomUUID } from 'node:crypto'
import type { Actor } from '#domain/audit'
import type { OperationId, OrgId } from '#kernel/ids'
import { openCardSession } from './card-session-store.ts'
import { addBillingAccount, stripeCustomerOf } from './payment-method-store.ts'
import type { BillingOptions } from './payment-provider.ts'
import { sendNumbered } from './request-numbers.ts'

export interface CardPage {
  operation: OperationId
  org: OrgId
  openedBy: Actor
  /** Where the provider sends the person after saving a card, or after cancelling. */
  successUrl: string
  cancelUrl: string
  at: Date
}

/** As `Billing.openCardPage`. Stores the page before it returns its URL. */
export async function openCardPage(
  { db, payments }: BillingOptions,
  { operation, org, openedBy, successUrl, cancelUrl, at }: CardPage,
): Promise<string> {
  const customer = await customerOf({ db, payments }, org, at)
  const press = randomUUID()
  const page = await payments.createCardSession({ operation, press, customer, successUrl, cancelUrl })
  const { id, url, expiresAt } = page
  await openCardSession(db, { id, org, operation, openedBy, expiresAt, at })
  return url
}

async function customerOf(
  { db, payments }: Pick<BillingOptions, 'db' | 'payments'>,
  org: OrgId,
  at: Date,
): Promise<string> {
  const known = await stripeCustomerOf(db, org)
  if (known) return known
  const made = await sendNumbered(db, {
    object: org,
    action: 'customer',
    send: (n) => payments.createCustomer({ org, n }),
    isStored: payments.isStored,
    // a second customer of an org does no harm, and only a stored one is used
    hasNothingHappened: () => Promise.resolve(true),
  })
  await addBillingAccount(db, { org, stripeCustomerId: made, at })
  return (await stripeCustomerOf(db, org)) ?? made
}
