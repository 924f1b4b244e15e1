import type { OperationId, OrgId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { nudgeWaiting } from '#domain/operations'
import { DomainError } from '#kernel/errors'
import type { Db } from '../../platform/database.ts'
import { beginAttempt, endAttempt } from './attempt-store.ts'
import { type Charge, chargeToConfirm } from './charge-store.ts'
import { PaymentCannotBeConfirmed } from './errors.ts'
import type { IntentSeen } from './moves.ts'
import { hasNothingHappened, nextMove } from './next-move.ts'
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
 * As `Billing.openBankPage`. Confirms the PaymentIntent of the charge with the cardholder present, or returns the page
 * that the bank has opened already. A purchase that is no longer allowed is refused, and its operation is nudged to end.
 */
export async function openBankPage(options: BillingOptions, page: BankPage): Promise<string | undefined> {
  const { db, payments, recheck } = options
  const { operation, at } = page
  const charge = await chargeToConfirm(db, operation)
  if (!charge?.intentId) return undefined
  const intent = await payments.getIntent(charge.intentId)
  const move = nextMove('visit', charge, intent)
  if (move.kind === 'nothing_to_confirm') return undefined
  try {
    if (charge.isCardRemoved) throw new PaymentCannotBeConfirmed()
    await recheck({ operationId: operation, line: charge.line, at })
  } catch (error) {
    if (error instanceof DomainError) await nudgeWaiting(db, { operation })
    throw error
  }
  if (move.kind === 'open_page') {
    await auditOpening(db, page, charge)
    return move.url
  }
  const { n } = move
  const begun = { charge, n, onSession: true, latestChargeBefore: intent.latestCharge, at }
  const isBegun = await beginAttempt(db, begun)
  if (isBegun === 'card_removed') throw new PaymentCannotBeConfirmed()
  // the operation continued meanwhile and charges without the cardholder
  if (isBegun === 'taken') return undefined
  // stored before the request, because the answer may be lost
  await auditOpening(db, page, charge)
  return confirm(options, page, { charge, intent, n })
}

const auditOpening = (db: Db, { org, openedBy, operation }: BankPage, { id }: Charge) =>
  audit(db, {
    chain: `org:${org}`,
    action: 'open_bank_page',
    outcome: 'done',
    ...by(openedBy),
    org,
    object: id,
    operation,
  })

interface Visit {
  charge: Charge
  intent: IntentSeen
  n: number
}

async function confirm(
  { db, payments, log }: BillingOptions,
  { operation, returnUrl }: BankPage,
  { charge, intent, n }: Visit,
): Promise<string | undefined> {
  const { id, intentId = '', stripePaymentMethodId: paymentMethod } = charge
  const attempt = { id: intentId, charge: id, n, paymentMethod, returnUrl }
  try {
    const answer = await payments.confirmOnSession(attempt)
    if (answer.kind === 'redirect') return answer.url
    if (answer.kind !== 'refused') return undefined
    log.warn({ code: answer.code, operation }, 'a payment cannot be confirmed')
  } catch (error) {
    if (!payments.isStored(error)) throw error
    const seen = await payments.getIntent(intentId)
    // the provider returns this error again under this number, so the next visit needs the next one
    if (hasNothingHappened(intent, seen)) await endAttempt(db, id, { n, outcome: 'nothing_happened' })
    if (nextMove('visit', charge, seen).kind === 'confirm') throw error
  }
  // the bank has opened its page, or the operation has closed the payment, after we read it
  const move = nextMove('visit', charge, await payments.getIntent(intentId))
  if (move.kind === 'open_page') return move.url
  if (move.kind === 'nothing_to_confirm') return undefined
  throw new PaymentCannotBeConfirmed()
}
