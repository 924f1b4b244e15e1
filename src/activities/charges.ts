import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import {
  beginAttempt,
  CardDeclined,
  endAttempt,
  hasNothingHappened,
  moveAfterConfirm,
  type Moves,
  nextMove,
  PaymentMethodNotFound,
  refusePaymentMethod,
} from '#domain/billing'
import { abandonLine, chargeToCollect, recheckWaitingPurchase, recordPaid } from '#domain/orders'
import { isSpendingRule } from '#domain/spending'
import { type ConfirmAnswer, PaymentOutcomeUnknown, PaymentRefusedByProvider } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { chargeWithIntent, unlessReturned } from './charge-intent.ts'
import type { LineStepInput } from './orders.ts'
import { cancel, chargeIdOf, type Collecting, undoCharge, undoPayment } from './undo-payment.ts'

export interface ChargeAnswer {
  /** Why the payment failed. Absent when it succeeded or is not decided yet. */
  refusal?: Refusal
  /** The bank asks the cardholder to confirm the payment on its page. */
  wantsCardholder?: boolean
}

const refused = (why: DomainError): ChargeAnswer => ({ refusal: asRefusal(why) })
const refusedAsVoid = refused(new CardDeclined())

/**
 * The two-step charge (docs/decisions/0003). A line has one PaymentIntent. It is searched for before it is created, and
 * stored before it is confirmed. So "at most once" depends on the states of the intent, not on the lifetime of an
 * idempotency key. Each step reads the intent, asks the domain for the next move, and makes it.
 */
export function chargeActivities(deps: Dependencies) {
  const { db, payments } = deps
  return {
    async chargeLine(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await chargeWithIntent(deps, step)
      if (!collecting) return refusedAsVoid
      return collect(deps, collecting, nextMove('charge', collecting.charge, collecting.intent))
    },

    /**
     * What became of a charge whose tries were given up, such as while our database was away. It sends no confirmation.
     * Undefined when no money was taken.
     */
    async settleDoubt({ lineId, at }: LineStepInput): Promise<ChargeAnswer | undefined> {
      const charge = await chargeToCollect(db, lineId)
      if (!charge) return refusedAsVoid
      // the id is stored before the first confirmation
      if (!charge.intentId) return undefined
      const intent = await payments.getIntent(charge.intentId)
      const collecting = await unlessReturned(deps, { charge, intent, at: new Date(at) })
      if (!collecting) return refusedAsVoid
      const move = nextMove('settle', charge, intent)
      return move.kind === 'give_up' ? undefined : collect(deps, collecting, move)
    },

    /** The first part of the undo of `chargeLine`, in our database only. */
    async abandonLine({ lineId, at }: LineStepInput): Promise<void> {
      await abandonLine(db, lineId, new Date(at))
    },

    /**
     * Undoes `chargeLine`: refunds a successful payment, cancels an open one, and closes a charge without a payment. A
     * refund that the bank has not decided yet is looked at by `settleUndoneCharges`.
     */
    async undoCharge({ lineId, at }: LineStepInput): Promise<void> {
      const charge = await abandonLine(db, lineId, new Date(at))
      if (charge) await undoCharge(deps, { charge, at: new Date(at) })
    },

    /**
     * The result of the payment that the cardholder confirms. Undefined until there is one. When the purchase is no longer
     * allowed, or its card was removed, closes the payment and returns why. A payment that the cardholder has confirmed
     * then is left to the undo, which refunds it.
     */
    async lookAtPayment(step: LineStepInput): Promise<ChargeAnswer | undefined> {
      const collecting = await chargeWithIntent(deps, step)
      if (!collecting) return refusedAsVoid
      const why = collecting.charge.isCardRemoved
        ? new PaymentMethodNotFound()
        : await whyNoLongerAllowed(deps, step)
      // who confirms at the bank has seen the price: a limit that was lowered meanwhile does not take that back
      const isSpared = collecting.intent.status === 'succeeded' && why && isSpendingRule(why)
      if (why && !isSpared) return withdraw(deps, collecting, why)
      const move = nextMove('look', collecting.charge, collecting.intent)
      return move.kind === 'keep_waiting' ? undefined : collect(deps, collecting, move)
    },

    /** Cancels a payment that was not confirmed in time. If the payment has just succeeded, returns it as paid. */
    async closePayment(step: LineStepInput): Promise<ChargeAnswer> {
      const collecting = await chargeWithIntent(deps, step)
      if (!collecting) return refusedAsVoid
      const { charge, intent } = collecting
      const move = nextMove('close', charge, intent)
      if (move.kind !== 'cancel') return collect(deps, collecting, move)
      await cancel(deps, { charge, intent })
      return refused(move.refusal)
    },
  }
}

async function whyNoLongerAllowed(
  { db, spending }: Dependencies,
  { operationId, lineId: line, at }: LineStepInput,
): Promise<DomainError | undefined> {
  try {
    await recheckWaitingPurchase(db, { operationId, line, spending, at: new Date(at) })
    return undefined
  } catch (error) {
    if (error instanceof DomainError && error.kind !== 'unavailable') return error
    throw error
  }
}

/** Closes the payment and returns why, or the refusal of the bank. Undefined while the bank processes it. */
async function withdraw(
  deps: Dependencies,
  collecting: Collecting,
  why: DomainError,
): Promise<ChargeAnswer | undefined> {
  const move = nextMove('withdraw', collecting.charge, collecting.intent)
  switch (move.kind) {
    case 'keep_waiting':
      return undefined
    case 'cancel':
      await cancel(deps, collecting)
      return refused(why)
    case 'leave_to_undo':
      return refused(why)
    case 'refuse':
      return collect(deps, collecting, move)
  }
}

/** Makes a move. If the bank refuses the card for ever, records that first, because a retry would not see it again. */
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
      return recordReceived(deps, collecting)
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

async function recordReceived(deps: Dependencies, { charge, intent, at }: Collecting): Promise<ChargeAnswer> {
  const { db, feeBasisPoints } = deps
  const paid = { line: charge.line, charge, stripeChargeId: chargeIdOf(intent), feeBasisPoints, at }
  if (await recordPaid(db, paid)) return {}
  await undoPayment(deps, { charge, intent, at })
  return refusedAsVoid
}

async function attempt(deps: Dependencies, collecting: Collecting, n: number): Promise<ChargeAnswer> {
  const { charge, intent, at } = collecting
  const begun = { charge, n, onSession: false, latestChargeBefore: intent.latestCharge, at }
  const isBegun = await beginAttempt(deps.db, begun)
  if (isBegun === 'taken') throw new PaymentOutcomeUnknown('The cardholder is on the page of the bank.')
  if (isBegun === 'card_removed') return refused(new PaymentMethodNotFound())
  const answer = await confirm(deps, collecting, n)
  const seen = answer.kind === 'intent' ? answer.intent : intent
  return collect(deps, { charge, intent: seen, at }, moveAfterConfirm(n, answer))
}

/** Confirms attempt `n`. If its state has changed, returns the current intent. Throws when the outcome is unknown. */
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
    const isStored = e instanceof PaymentOutcomeUnknown && e.isStored
    if (!isTooLate && !isStored) throw e
    const seen = await payments.getIntent(intent.id)
    if (isTooLate) return { kind: 'intent', intent: seen }
    if (hasNothingHappened(intent, seen)) await endAttempt(db, charge.id, { n, outcome: 'nothing_happened' })
    throw e
  }
}
