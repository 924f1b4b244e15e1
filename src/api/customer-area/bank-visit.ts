import { randomUUID } from 'node:crypto'
import {
  addBillingAccount,
  beginAttempt,
  type Charge,
  openCardSession,
  stripeCustomerOf,
} from '#domain/billing'
import type { Operation } from '#domain/operations'
import { chargeToConfirm } from '#domain/orders'
import { CodedError } from '#kernel/errors'
import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { type Intent, PaymentRefusedByProvider, type Payments } from '#platform/payments'

export interface BankVisitOptions {
  db: Db
  payments: Payments
  publicUrl: string
  deployment: string
  now: () => Date
  log: Logger
}

/** Pages at the provider, minted anew each time somebody is about to open one. Nothing here is paid or trusted. */
export function bankVisits({ db, payments, publicUrl, deployment, now, log }: BankVisitOptions) {
  return {
    /** Where the person goes on; nothing when there is no need any more, which the operation sees by looking. */
    async pageFor(operation: Operation, person: CustomerId, link: string): Promise<string | undefined> {
      const back = `${publicUrl}/o/${link}`
      switch (operation.waitingFor) {
        case 'authentication':
          return toConfirm(operation, `${back}/return`)
        case 'payment_method':
          return toAddCard(operation, person, back)
        case undefined:
          return undefined
      }
    },
  }

  /** Where the cardholder confirms this operation's payment: the same PaymentIntent, confirmed with them present. */
  async function toConfirm(operation: Operation, returnUrl: string): Promise<string | undefined> {
    const charge = await chargeToConfirm(db, operation.id)
    if (!charge?.intentId) return undefined
    const intent = await payments.getIntent(charge.intentId)
    if (isMoving(intent)) return undefined
    const n = nextAttempt(charge)
    const attempt = { charge, n, onSession: true, latestChargeBefore: intent.latestCharge, at: now() }
    await beginAttempt(db, attempt)
    const how = { paymentMethod: charge.stripePaymentMethodId, returnUrl }
    try {
      const answer = await payments.confirmOnSession(
        intent.id,
        how,
        `${deployment}:${charge.id}:confirm:${n}`,
      )
      return answer.kind === 'redirect' ? answer.url : undefined
    } catch (error) {
      if (!(error instanceof PaymentRefusedByProvider)) throw error
      // closed by the operation between our look and our confirm; else nobody can confirm it
      if (isMoving(await payments.getIntent(intent.id))) return undefined
      log.warn({ error, operation: operation.id }, 'a payment can no longer be confirmed')
      throw new CannotBeConfirmed()
    }
  }

  /** Where somebody types a card for the org, remembered before anybody is sent there. */
  async function toAddCard(operation: Operation, openedBy: CustomerId, back: string): Promise<string> {
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
  }

  async function customerOf(org: OrgId): Promise<string> {
    const known = await stripeCustomerOf(db, org)
    if (known) return known
    const made = await payments.createCustomer({ orgId: org, key: `${deployment}:${org}:customer:1` })
    await addBillingAccount(db, { org, stripeCustomerId: made, at: now() })
    return (await stripeCustomerOf(db, org)) ?? made
  }
}

export class CannotBeConfirmed extends CodedError<'payment_cannot_be_confirmed'> {
  constructor() {
    const fact =
      'This payment cannot be confirmed any more; nothing was charged for it. Its card was removed, or is refused.'
    super('refused', 'payment_cannot_be_confirmed', fact)
  }
}

const isMoving = ({ status }: Intent) => ['succeeded', 'canceled', 'processing'].includes(status)

/** One that has no outcome yet is asked for again under its own number. */
function nextAttempt({ attempts }: Charge): number {
  const last = attempts.at(-1)
  return last?.onSession && !last.outcome ? last.n : attempts.length + 1
}
