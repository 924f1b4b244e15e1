import { asRefusal, type Refusal } from '#kernel/errors'
import {
  beginAttempt,
  CardDeclined,
  CardWantsAuthentication,
  type Charge,
  closeCharge,
  endAttempt,
  findCharge,
  storeIntent,
} from '#domain/billing'
import { chargeToCollect, recordPaid, recordRefunded } from '#domain/purchasing'
import {
  type ConfirmAnswer,
  type Intent,
  PaymentOutcomeUnknown,
  PaymentRefusedByProvider,
} from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import type { LineStepInput } from './orders.ts'

export interface ChargeAnswer {
  /** Why no money came in; absent when it did. */
  refusal?: Refusal
}

/** A charge, its PaymentIntent as the provider has it, and the workflow's time. */
interface Collecting {
  charge: Charge
  intent: Intent
  at: Date
}

const declined: ChargeAnswer = { refusal: asRefusal(new CardDeclined()) }
const wantsAuthentication: ChargeAnswer = { refusal: asRefusal(new CardWantsAuthentication()) }

/**
 * The two-step charge (docs/decisions/0003): one PaymentIntent per line, found before it is made and stored before it is
 * confirmed, so that its states and not a key's lifetime make "at most once" true.
 */
export function chargeActivities(deps: Dependencies) {
  const { db } = deps
  return {
    async chargeLine({ lineId, at }: LineStepInput): Promise<ChargeAnswer> {
      const charge = await chargeToCollect(db, lineId)
      // a void line's undo came first: this is a late attempt, nobody waits for its answer
      if (!charge) return declined
      return collect(deps, { charge, intent: await theIntent(deps, charge), at: new Date(at) })
    },

    async undoCharge({ lineId, at }: LineStepInput): Promise<void> {
      const charge = await findCharge(db, lineId)
      const intent = charge && (await findIntent(deps, charge))
      if (charge && intent) await takeBack(deps, { charge, intent, at: new Date(at) })
    },
  }
}

/** Stored, else found by its metadata (the answer that made it was lost), else made; then stored. */
async function theIntent(deps: Dependencies, charge: Charge): Promise<Intent> {
  const { db, payments, deployment } = deps
  const intent =
    (await findIntent(deps, charge)) ??
    (await payments.createIntent(charge.request, `${deployment}:${charge.id}:create:1`))
  if (!charge.intentId) await storeIntent(db, charge.id, intent.id)
  return intent
}

async function findIntent({ payments }: Dependencies, charge: Charge): Promise<Intent | undefined> {
  if (charge.intentId) return payments.getIntent(charge.intentId)
  const { customer } = charge.request
  return payments.findIntent({ customer, chargeId: charge.id, since: charge.createdAt })
}

async function collect(deps: Dependencies, collecting: Collecting): Promise<ChargeAnswer> {
  const { intent } = collecting
  switch (intent.status) {
    case 'succeeded':
      return received(deps, collecting)
    case 'processing':
      throw new PaymentOutcomeUnknown('The bank is still processing the payment.')
    case 'canceled':
      return declined
    case 'requires_action':
      return wantsAuthentication
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_capture':
      return attempt(deps, collecting)
  }
}

async function received(deps: Dependencies, { charge, intent, at }: Collecting): Promise<ChargeAnswer> {
  const { db, feeBasisPoints } = deps
  const last = charge.attempts.at(-1)
  if (last && !last.outcome) await endAttempt(db, { charge: charge.id, n: last.n, outcome: 'succeeded' })
  await recordPaid(db, { line: charge.line, charge, stripeChargeId: chargeIdOf(intent), feeBasisPoints, at })
  return {}
}

/** Confirms under the number of the attempt that is in doubt, or a new one; a card that declined is not asked again. */
async function attempt(deps: Dependencies, { charge, intent, at }: Collecting): Promise<ChargeAnswer> {
  const { db } = deps
  const last = charge.attempts.at(-1)
  if (last?.outcome === 'declined') return declined
  if (last?.outcome === 'authentication_required') return wantsAuthentication
  const inDoubt = last && !last.outcome ? last : undefined
  if (inDoubt && intent.latestCharge !== inDoubt.latestChargeBefore) {
    const { declineCode, adviceCode } = intent.lastError ?? {}
    await endAttempt(db, { charge: charge.id, n: inDoubt.n, outcome: 'declined', declineCode, adviceCode })
    return declined
  }
  const n = inDoubt?.n ?? charge.attempts.length + 1
  await beginAttempt(db, { charge, n, latestChargeBefore: intent.latestCharge, at })
  const answer = await confirm(deps, { charge, intent, n })
  if (answer.kind === 'intent') {
    if (answer.intent.status === 'succeeded') {
      await endAttempt(db, { charge: charge.id, n, outcome: 'succeeded' })
      return received(deps, { charge, intent: answer.intent, at })
    }
    if (answer.intent.status === 'requires_action') return wantsAuthentication
    throw new PaymentOutcomeUnknown('The payment is not decided yet.')
  }
  const outcome = answer.kind === 'declined' ? 'declined' : 'authentication_required'
  const { declineCode, adviceCode } = answer.kind === 'declined' ? answer : {}
  await endAttempt(db, { charge: charge.id, n, outcome, declineCode, adviceCode })
  return outcome === 'declined' ? declined : wantsAuthentication
}

/** A stored server error would be replayed under its key for ever: once a look shows that nothing happened, n rises. */
async function confirm(
  { db, payments, deployment }: Dependencies,
  { charge, intent, n }: { charge: Charge; intent: Intent; n: number },
): Promise<ConfirmAnswer> {
  const how = { paymentMethod: charge.stripePaymentMethodId, usage: 'unscheduled' } as const
  try {
    return await payments.confirmIntent(intent.id, how, `${deployment}:${charge.id}:confirm:${n}`)
  } catch (e) {
    const isTooLate = e instanceof PaymentRefusedByProvider && e.code === 'payment_intent_unexpected_state'
    const isServerError = e instanceof PaymentOutcomeUnknown && (e.status ?? 0) >= 500
    if (!isTooLate && !isServerError) throw e
    const seen = await payments.getIntent(intent.id)
    if (isTooLate) return { kind: 'intent', intent: seen }
    if (seen.status === intent.status && seen.latestCharge === intent.latestCharge)
      await endAttempt(db, { charge: charge.id, n, outcome: 'nothing_happened' })
    throw e
  }
}

/** Looks, then refunds what came in, or cancels what has not; losing that race, it looks again. */
async function takeBack(deps: Dependencies, { charge, intent, at }: Collecting): Promise<void> {
  const { db, payments, deployment } = deps
  if (intent.status === 'processing')
    throw new PaymentOutcomeUnknown('The bank is still processing the payment.')
  if (intent.status === 'succeeded') return payBack(deps, { charge, intent, at })
  if (intent.status !== 'canceled') {
    const cancelled = await payments.cancelIntent(intent.id, `${deployment}:${charge.id}:cancel:1`)
    if (cancelled === 'not_cancelable')
      return takeBack(deps, { charge, intent: await payments.getIntent(intent.id), at })
  }
  await closeCharge(db, { charge: charge.id, state: 'cancelled', at })
}

async function payBack(deps: Dependencies, { charge, intent, at }: Collecting): Promise<void> {
  const { db, payments, deployment, feeBasisPoints } = deps
  const refunds = (await payments.listRefunds(intent.id)).filter(({ status }) => status !== 'failed')
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

function chargeIdOf({ id, latestCharge }: Intent): string {
  if (!latestCharge) throw new Error(`${id} succeeded without a charge`)
  return latestCharge
}
