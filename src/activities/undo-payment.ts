import { type Charge, closeCharge, nextMove, refundLeft } from '#domain/billing'
import { recordRefunded } from '#domain/orders'
import { type Intent, PaymentOutcomeUnknown } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

/** A charge, the current PaymentIntent of the provider, and the workflow's time. */
export interface Collecting {
  charge: Charge
  intent: Intent
  at: Date
}

/**
 * Refunds a successful payment, or cancels an open one. Throws when the state changes meanwhile, so that the step is
 * retried.
 */
export async function undoPayment(deps: Dependencies, undoing: Collecting): Promise<void> {
  const { charge, intent, at } = undoing
  const move = nextMove('undo', charge, intent)
  switch (move.kind) {
    case 'refund':
      return refund(deps, undoing)
    case 'look_again':
      throw new PaymentOutcomeUnknown(move.why)
    case 'cancel':
      await cancel(deps.payments, undoing)
      break
    case 'record_cancelled':
      break
  }
  await closeCharge(deps.db, { charge: charge.id, at })
}

export async function cancel(
  payments: Dependencies['payments'],
  { charge, intent }: Pick<Collecting, 'charge' | 'intent'>,
): Promise<void> {
  const cancelled = await payments.cancelIntent({ id: intent.id, charge: charge.id })
  if (cancelled === 'not_cancelable')
    throw new PaymentOutcomeUnknown('The state of the payment changed meanwhile.')
}

async function refund(deps: Dependencies, { charge, intent, at }: Collecting): Promise<void> {
  const { db, payments, feeBasisPoints } = deps
  const left = refundLeft(intent.amountReceivedMinor, await payments.listRefunds(intent.id))
  const { amountMinor } = left
  const made =
    amountMinor > 0 && (await payments.createRefund({ id: intent.id, charge: charge.id, amountMinor }))
  const refundId = made && made !== 'already_refunded' ? made.id : left.refundId
  if (!refundId) throw new PaymentOutcomeUnknown('The refund is not visible yet.')
  const stripeChargeId = chargeIdOf(intent)
  await recordRefunded(db, { line: charge.line, charge, stripeChargeId, refundId, feeBasisPoints, at })
}

export function chargeIdOf({ id, latestCharge }: Intent): string {
  if (!latestCharge) throw new Error(`${id} succeeded without a charge`)
  return latestCharge
}
