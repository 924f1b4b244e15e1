import { randomUUID } from 'node:crypto'
import {
  beginAttempt,
  openCardSession,
  stripeCustomerOf,
  addBillingAccount,
  type Charge,
} from '#domain/billing'
import type { Operation } from '#domain/operations'
import { chargeToConfirm } from '#domain/purchasing'
import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { PaymentRefusedByProvider, type Payments } from '#platform/payments'

export interface BankVisitOptions {
  db: Db
  payments: Payments
  publicUrl: string
  deployment: string
  now: () => Date
}

/** Pages at the provider, minted anew each time somebody is about to open one. Nothing here is paid or trusted. */
export function bankVisits({ db, payments, publicUrl, deployment, now }: BankVisitOptions) {
  return {
    /**
     * Where the cardholder confirms this operation's payment: the same PaymentIntent, confirmed with them present.
     * Nothing when there is no need any more: it is paid, refused or closed, which the operation sees by looking.
     */
    async toConfirm(operation: Operation, returnUrl: string): Promise<string | undefined> {
      const charge = await chargeToConfirm(db, operation.id)
      if (!charge?.intentId) return undefined
      const intent = await payments.getIntent(charge.intentId)
      if (['succeeded', 'canceled', 'processing'].includes(intent.status)) return undefined
      const n = nextAttempt(charge)
      const attempt = { charge, n, onSession: true, latestChargeBefore: intent.latestCharge, at: now() }
      await beginAttempt(db, attempt)
      const how = { paymentMethod: charge.stripePaymentMethodId, returnUrl }
      try {
        const key = `${deployment}:${charge.id}:confirm:${n}`
        const answer = await payments.confirmOnSession(intent.id, how, key)
        return answer.kind === 'redirect' ? answer.url : undefined
      } catch (error) {
        // closed by the operation between our look and our confirm
        if (error instanceof PaymentRefusedByProvider) return undefined
        throw error
      }
    },

    /** Where somebody types a card for the org, remembered before anybody is sent there. */
    async toAddCard(operation: Operation, openedBy: CustomerId, back: string): Promise<string> {
      const customer = await customerOf(operation.orgId)
      const session = await payments.createCardSession({
        customer,
        successUrl: `${back}/return`,
        cancelUrl: back,
        metadata: { deployment, operation_id: operation.id },
        key: `${deployment}:${operation.id}:card:${randomUUID()}`,
      })
      const { id, expiresAt } = session
      const opened = { id, org: operation.orgId, operation: operation.id, openedBy, expiresAt, at: now() }
      await openCardSession(db, opened)
      return session.url
    },

    linkOf: (link: string) => `${publicUrl}/o/${link}`,
  }

  async function customerOf(org: OrgId): Promise<string> {
    const known = await stripeCustomerOf(db, org)
    if (known) return known
    const made = await payments.createCustomer({ orgId: org, key: `${deployment}:${org}:customer:1` })
    await addBillingAccount(db, { org, stripeCustomerId: made, at: now() })
    return (await stripeCustomerOf(db, org)) ?? made
  }
}

/** One that has no outcome yet is asked for again under its own number. */
function nextAttempt({ attempts }: Charge): number {
  const last = attempts.at(-1)
  return last?.onSession && !last.outcome ? last.n : attempts.length + 1
}
