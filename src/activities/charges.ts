import { asRefusal, type DomainError, type Refusal } from '#kernel/errors'
import {
  AuthenticationExpired,
  AuthenticationRefused,
  beginAttempt,
  CardDeclined,
  type Charge,
  declinedBecause,
  endAttempt,
  isFinal,
  refusePaymentMethod,
} from '#domain/billing'
import { chargeToCollect, recordPaid } from '#domain/orders'
import {
  type ConfirmAnswer,
  type Intent,
  PaymentOutcomeUnknown,
  PaymentRefusedByProvider,
} from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { chargeIdOf, theIntent } from './intents.ts'
import type { LineStepInput } from './orders.ts'
import { takeBack } from './take-back.ts'

export interface ChargeAnswer {
  /** Why no money came in; absent when it did, or still may. */
  refusal?: Refusal
  /** The bank wants the cardholder to confirm the payment on its page. */
  wantsCardholder?: boolean
}

/** A charge, its PaymentIntent as the provider has it, and the workflow's time. */
interface Collecting {
  charge: Charge
  intent: Intent
  at: Date
}

const refused = (why: DomainError): ChargeAnswer => ({ refusal: asRefusal(why) })
const wantsCardholder: ChargeAnswer = { wantsCardholder: true }
const voided = refused(new CardDeclined())

/**
 * The two-step charge (docs/decisions/0003): one PaymentIntent per line, found before it is made and stored before it is
 * confirmed, so that its states and not a key's lifetime make "at most once" true.
 */
export function chargeActivities(deps: Dependencies) {
  return {
    async chargeLine(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await toCollect(deps, step)
      return collecting ? collect(deps, collecting) : voided
    },

    /** While the cardholder is waited for: what came of it, or nothing yet. */
    async lookAtPayment(step: LineStepInput): Promise<ChargeAnswer | undefined> {
      const collecting = await toCollect(deps, step)
      return collecting ? seen(deps, collecting) : voided
    },

    /** The time of the cardholder is up: closes the payment, unless it was made at the last moment. */
    async closePayment(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await toCollect(deps, step)
      if (!collecting) return voided
      const outcome = await seen(deps, collecting)
      if (outcome) return outcome
      const { charge, intent } = collecting
      const closed = await deps.payments.cancelIntent(intent.id, `${deps.deployment}:${charge.id}:cancel:1`)
      if (closed === 'not_cancelable') throw new PaymentOutcomeUnknown('The payment is moving.')
      return refused(new AuthenticationExpired())
    },
  }
}

/** Nothing for a void line: its undo came first, this is a late attempt, and nobody waits for its answer. */
async function toCollect(deps: Dependencies, { lineId, at }: LineStepInput): Promise<Collecting | undefined> {
  const charge = await chargeToCollect(deps.db, lineId)
  const intent = charge && (await theIntent(deps, charge))
  return intent && { charge, intent, at: new Date(at) }
}

async function collect(deps: Dependencies, collecting: Collecting): Promise<ChargeAnswer> {
  switch (collecting.intent.status) {
    case 'succeeded':
      return received(deps, collecting)
    case 'processing':
      throw new PaymentOutcomeUnknown('The bank is still processing the payment.')
    case 'canceled':
      return refused(new CardDeclined())
    case 'requires_action':
      return wantsCardholder
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_capture':
      return attempt(deps, collecting)
  }
}

/** What the cardholder's visit at the bank came to; nothing as long as it may still succeed. */
async function seen(deps: Dependencies, collecting: Collecting): Promise<ChargeAnswer | undefined> {
  const { charge, intent } = collecting
  if (intent.status === 'succeeded') return received(deps, collecting)
  if (intent.status === 'canceled') return refused(new CardDeclined())
  if (intent.status !== 'requires_payment_method') return undefined
  const last = charge.attempts.at(-1)
  if (!last?.onSession || last.outcome) return undefined
  if (intent.latestCharge !== last.latestChargeBefore) return declined(deps, collecting, last.n)
  if (intent.lastError?.code !== 'payment_intent_authentication_failure') return undefined
  await endAttempt(deps.db, { charge: charge.id, n: last.n, outcome: 'authentication_required' })
  return refused(new AuthenticationRefused())
}

async function received(deps: Dependencies, { charge, intent, at }: Collecting): Promise<ChargeAnswer> {
  const { db, feeBasisPoints } = deps
  const last = charge.attempts.at(-1)
  if (last && !last.outcome) await endAttempt(db, { charge: charge.id, n: last.n, outcome: 'succeeded' })
  const paid = { line: charge.line, charge, stripeChargeId: chargeIdOf(intent), feeBasisPoints, at }
  if (await recordPaid(db, paid)) return {}
  await takeBack(deps, { charge, intent, at })
  return voided
}

/** Confirms under the number of the attempt that is in doubt, or a new one; a card that declined is not asked again. */
async function attempt(deps: Dependencies, collecting: Collecting): Promise<ChargeAnswer> {
  const { charge, intent, at } = collecting
  const { db } = deps
  const last = charge.attempts.at(-1)
  if (last?.outcome === 'declined') return refused(declinedBecause(last.declineCode))
  if (last?.outcome === 'authentication_required') return wantsCardholder
  const inDoubt = last && !last.outcome ? last : undefined
  if (inDoubt && intent.latestCharge !== inDoubt.latestChargeBefore)
    return declined(deps, collecting, inDoubt.n)
  if (!inDoubt && charge.isCardRefused) return refused(new CardDeclined())
  const n = inDoubt?.n ?? charge.attempts.length + 1
  await beginAttempt(db, { charge, n, onSession: false, latestChargeBefore: intent.latestCharge, at })
  const answer = await confirm(deps, { charge, intent, n })
  switch (answer.kind) {
    case 'declined':
      return declined(deps, { ...collecting, intent: { ...intent, lastError: answer } }, n)
    case 'authentication_required':
      await endAttempt(db, { charge: charge.id, n, outcome: 'authentication_required' })
      return wantsCardholder
    case 'intent':
      break
  }
  if (answer.intent.status === 'succeeded') {
    await endAttempt(db, { charge: charge.id, n, outcome: 'succeeded' })
    return received(deps, { charge, intent: answer.intent, at })
  }
  if (answer.intent.status === 'requires_action') return wantsCardholder
  throw new PaymentOutcomeUnknown('The payment is not decided yet.')
}

/** Keeps why, and never to try the card again if the bank wants that. */
async function declined(
  { db }: Dependencies,
  { charge, intent, at }: Collecting,
  n: number,
): Promise<ChargeAnswer> {
  const { code, declineCode = code, adviceCode } = intent.lastError ?? {}
  if (isFinal({ declineCode, adviceCode })) await refusePaymentMethod(db, charge.paymentMethod, at)
  await endAttempt(db, { charge: charge.id, n, outcome: 'declined', declineCode, adviceCode })
  return refused(declinedBecause(declineCode))
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
