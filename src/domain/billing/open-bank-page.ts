import type { OperationId, OrgId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { nudgeWaiting } from '#domain/operations'
import { DomainError } from '#kernel/errors'
import { beginAttempt } from './attempt-store.ts'
import { chargeToConfirm } from './charge-store.ts'
import { PaymentCannotBeConfirmed } from './errors.ts'
import { nextMove } from './next-move.ts'
import type { BillingOptions } from './payment-provider.ts'

export interface BankPage {
  operation: OperationId
  org: OrgId
  openedBy: Actor
  /** Where the bank sends the cardholder back to. The bank adds a query that we must not trust. */
  returnUrl: string
  at: Date
}

/**
 * As `Billing.openBankPage`. Confirms the PaymentIntent of the charge with the cardholder present. A purchase that is no
 * longer allowed is refused, and its operation is nudged to end.
 */
export async function openBankPage(
  { db, payments, recheck, log }: BillingOptions,
  { operation, org, openedBy, returnUrl, at }: BankPage,
): Promise<string | undefined> {
  const charge = await chargeToConfirm(db, operation)
  if (!charge?.intentId) return undefined
  const { id, intentId } = charge
  const intent = await payments.getIntent(intentId)
  const move = nextMove('visit', charge, intent)
  if (move.kind === 'nothing_to_confirm') return undefined
  try {
    await recheck({ operationId: operation, line: charge.line, at })
  } catch (error) {
    if (error instanceof DomainError) await nudgeWaiting(db, { operation, at })
    throw error
  }
  const { n } = move
  const begun = { charge, n, onSession: true, latestChargeBefore: intent.latestCharge, at }
  // the operation continued meanwhile and charges without the cardholder
  if (!(await beginAttempt(db, begun))) return undefined
  // stored before the request, because the answer may be lost
  await audit(db, {
    chain: `org:${org}`,
    action: 'open_bank_page',
    outcome: 'done',
    ...by(openedBy),
    org,
    object: id,
    operation,
  })
  const attempt = { id: intentId, charge: id, n, paymentMethod: charge.stripePaymentMethodId, returnUrl }
  const answer = await payments.confirmOnSession(attempt)
  if (answer.kind === 'redirect') return answer.url
  if (answer.kind !== 'refused') return undefined
  // the operation may have closed the payment after we read it and before we confirm it
  if (nextMove('visit', charge, await payments.getIntent(intentId)).kind === 'nothing_to_confirm')
    return undefined
  log.warn({ code: answer.code, operation }, 'a payment can no longer be confirmed')
  throw new PaymentCannotBeConfirmed()
}
