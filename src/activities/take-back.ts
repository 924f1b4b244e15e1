import { type Charge, closeCharge } from '#domain/billing'
import { abandonLine, recordRefunded } from '#domain/orders'
import { type Intent, PaymentOutcomeUnknown } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { chargeIdOf, findIntent } from './intents.ts'
import type { LineStepInput } from './orders.ts'

/** A charge, its PaymentIntent as the provider has it, and the workflow's time. */
interface TakingBack {
  charge: Charge
  intent: Intent
  at: Date
}

/** The way back of `chargeLine`: what never happened is left alone, what is open is cancelled, what came in is paid back. */
export function takeBackActivities(deps: Dependencies) {
  return {
    async undoCharge({ lineId, at }: LineStepInput): Promise<void> {
      const charge = await abandonLine(deps.db, lineId, new Date(at))
      if (!charge) return
      const intent = await findIntent(deps, charge)
      if (intent) await takeBack(deps, { charge, intent, at: new Date(at) })
      else await closeCharge(deps.db, { charge: charge.id, at: new Date(at) })
    },
  }
}

/** Looks, then refunds what came in, or cancels what has not; losing that race, its next attempt looks again. */
export async function takeBack(deps: Dependencies, { charge, intent, at }: TakingBack): Promise<void> {
  const { db, payments, deployment } = deps
  if (intent.status === 'processing')
    throw new PaymentOutcomeUnknown('The bank is still processing the payment.')
  if (intent.status === 'succeeded') return payBack(deps, { charge, intent, at })
  if (intent.status !== 'canceled') {
    const cancelled = await payments.cancelIntent(intent.id, `${deployment}:${charge.id}:cancel:1`)
    if (cancelled === 'not_cancelable') throw new PaymentOutcomeUnknown('The payment is moving.')
  }
  await closeCharge(db, { charge: charge.id, at })
}

async function payBack(deps: Dependencies, { charge, intent, at }: TakingBack): Promise<void> {
  const { db, payments, deployment, feeBasisPoints } = deps
  const refunds = (await payments.listRefunds(intent.id)).filter(
    ({ status }) => status !== 'failed' && status !== 'canceled',
  )
  const returned = refunds.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const left = intent.amountReceivedMinor - returned
  const metadata = { charge_id: charge.id }
  const made =
    left > 0 &&
    (await payments.createRefund(
      { intentId: intent.id, amountMinor: left, metadata },
      `${deployment}:${charge.id}:refund:1`,
    ))
  const refundId = (made && made !== 'already_refunded' ? made : refunds[0])?.id
  if (!refundId) throw new PaymentOutcomeUnknown('The refund is not visible yet.')
  const stripeChargeId = chargeIdOf(intent)
  await recordRefunded(db, { line: charge.line, charge, stripeChargeId, refundId, feeBasisPoints, at })
}
