import { asRefusal, type DomainError, type Refusal } from '#kernel/errors'
import {
  beginAttempt,
  CardDeclined,
  type Charge,
  closeCharge,
  endAttempt,
  hasNothingHappened,
  moveAfterConfirm,
  type Moves,
  nextMove,
  refundLeft,
  refusePaymentMethod,
} from '#domain/billing'
import { abandonLine, chargeToCollect, keepIntent, recordPaid, recordRefunded } from '#domain/orders'
import {
  type ConfirmAnswer,
  type Intent,
  PaymentOutcomeUnknown,
  PaymentRefusedByProvider,
} from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import type { LineStepInput } from './orders.ts'

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
const voided = refused(new CardDeclined())

/**
 * The two-step charge (docs/decisions/0003): one PaymentIntent per line, found before it is made and stored before it is
 * confirmed, so that its states and not a key's lifetime make "at most once" true. Each step looks, asks the domain for
 * the next move, and makes that move.
 */
export function chargeActivities(deps: Dependencies) {
  const { db, payments } = deps
  return {
    async chargeLine(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await toCollect(deps, step)
      if (!collecting) return voided
      return collect(deps, collecting, nextMove('charge', collecting.charge, collecting.intent))
    },

    /** The way back of `chargeLine`: what never happened is left alone, what is open is cancelled, what came in is paid back. */
    async undoCharge({ lineId, at }: LineStepInput): Promise<void> {
      const charge = await abandonLine(db, lineId, new Date(at))
      if (!charge) return
      const intent = await findIntent(deps, charge)
      if (intent) await takeBack(deps, { charge, intent, at: new Date(at) })
      else await closeCharge(db, { charge: charge.id, at: new Date(at) })
    },

    /** While the cardholder is waited for: what came of it, or nothing yet. */
    async lookAtPayment(step: LineStepInput): Promise<ChargeAnswer | undefined> {
      const collecting = await toCollect(deps, step)
      if (!collecting) return voided
      const move = nextMove('look', collecting.charge, collecting.intent)
      return move.kind === 'keep_waiting' ? undefined : collect(deps, collecting, move)
    },

    /** The time of the cardholder is up: closes the payment, unless it was made at the last moment. */
    async closePayment(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await toCollect(deps, step)
      if (!collecting) return voided
      const { charge, intent } = collecting
      const move = nextMove('close', charge, intent)
      if (move.kind !== 'cancel') return collect(deps, collecting, move)
      await cancel(payments, { charge, intent })
      return refused(move.refusal)
    },
  }
}

/** Nothing for a void line: its undo came first, this is a late attempt, and nobody waits for its answer. */
async function toCollect(deps: Dependencies, { lineId, at }: LineStepInput): Promise<Collecting | undefined> {
  const charge = await chargeToCollect(deps.db, lineId)
  const intent = charge && (await theIntent(deps, charge))
  return intent && { charge, intent, at: new Date(at) }
}

/**
 * Stored, else found by its metadata (the answer that made it was lost), else made; then stored. Nothing for a line
 * whose undo came first: an intent that was made for it is closed again.
 */
async function theIntent(deps: Dependencies, charge: Charge): Promise<Intent | undefined> {
  const { db, payments } = deps
  const intent =
    (await findIntent(deps, charge)) ??
    (await payments.createIntent({ charge: charge.id, request: charge.request }))
  if (charge.intentId) return intent
  if (await keepIntent(db, { line: charge.line, charge: charge.id, intentId: intent.id })) return intent
  await payments.cancelIntent({ id: intent.id, charge: charge.id })
  return undefined
}

async function findIntent({ payments }: Dependencies, charge: Charge): Promise<Intent | undefined> {
  if (charge.intentId) return payments.getIntent(charge.intentId)
  const { customer } = charge.request
  return payments.findIntent({ charge: charge.id, customer, since: charge.createdAt })
}

/** Makes a move. A card that is refused for good is noted first: a second run would not come to it again. */
async function collect(
  deps: Dependencies,
  collecting: Collecting,
  move: Moves['charge'],
): Promise<ChargeAnswer> {
  const { charge, at } = collecting
  if ('refusesCard' in move) await refusePaymentMethod(deps.db, charge.paymentMethod, at)
  if ('ends' in move && move.ends) await endAttempt(deps.db, charge.id, move.ends)
  switch (move.kind) {
    case 'record_paid':
      return received(deps, collecting)
    case 'refuse':
      return refused(move.refusal)
    case 'ask_cardholder':
      return { wantsCardholder: true }
    case 'confirm':
      return attempt(deps, collecting, move.n)
    case 'look_again':
      throw new PaymentOutcomeUnknown(move.why)
  }
}

async function received(deps: Dependencies, { charge, intent, at }: Collecting): Promise<ChargeAnswer> {
  const { db, feeBasisPoints } = deps
  const paid = { line: charge.line, charge, stripeChargeId: chargeIdOf(intent), feeBasisPoints, at }
  if (await recordPaid(db, paid)) return {}
  await takeBack(deps, { charge, intent, at })
  return voided
}

async function attempt(deps: Dependencies, collecting: Collecting, n: number): Promise<ChargeAnswer> {
  const { charge, intent, at } = collecting
  const begun = { charge, n, onSession: false, latestChargeBefore: intent.latestCharge, at }
  if (!(await beginAttempt(deps.db, begun))) throw new PaymentOutcomeUnknown('The cardholder is at the bank.')
  const answer = await confirm(deps, collecting, n)
  const seen = answer.kind === 'intent' ? answer.intent : intent
  return collect(deps, { charge, intent: seen, at }, moveAfterConfirm(n, answer))
}

/** The provider's answer; when it gave none, what a look shows, or the error that lets the step be tried again. */
async function confirm(
  { db, payments }: Dependencies,
  { charge, intent }: Collecting,
  n: number,
): Promise<ConfirmAnswer> {
  const paymentMethod = charge.stripePaymentMethodId
  try {
    return await payments.confirmIntent({
      id: intent.id,
      charge: charge.id,
      n,
      paymentMethod,
      usage: 'unscheduled',
    })
  } catch (e) {
    const isTooLate = e instanceof PaymentRefusedByProvider && e.code === 'payment_intent_unexpected_state'
    const isServerError = e instanceof PaymentOutcomeUnknown && (e.status ?? 0) >= 500
    if (!isTooLate && !isServerError) throw e
    const seen = await payments.getIntent(intent.id)
    if (isTooLate) return { kind: 'intent', intent: seen }
    if (hasNothingHappened(intent, seen)) await endAttempt(db, charge.id, { n, outcome: 'nothing_happened' })
    throw e
  }
}

/** Looks, then refunds what came in, or cancels what has not; losing that race, its next attempt looks again. */
async function takeBack(deps: Dependencies, taking: Collecting): Promise<void> {
  const { charge, intent, at } = taking
  const move = nextMove('undo', charge, intent)
  switch (move.kind) {
    case 'refund':
      return payBack(deps, taking)
    case 'look_again':
      throw new PaymentOutcomeUnknown(move.why)
    case 'cancel':
      await cancel(deps.payments, taking)
      break
    case 'record_cancelled':
      break
  }
  await closeCharge(deps.db, { charge: charge.id, at })
}

async function cancel(
  payments: Dependencies['payments'],
  { charge, intent }: Pick<Collecting, 'charge' | 'intent'>,
): Promise<void> {
  const cancelled = await payments.cancelIntent({ id: intent.id, charge: charge.id })
  if (cancelled === 'not_cancelable') throw new PaymentOutcomeUnknown('The payment is moving.')
}

async function payBack(deps: Dependencies, { charge, intent, at }: Collecting): Promise<void> {
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

function chargeIdOf({ id, latestCharge }: Intent): string {
  if (!latestCharge) throw new Error(`${id} succeeded without a charge`)
  return latestCharge
}
