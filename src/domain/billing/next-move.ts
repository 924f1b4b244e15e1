import type { DomainError } from '#kernel/errors'
import type { Attempt, AttemptEnd } from './attempt-store.ts'
import type { Charge } from './charge-store.ts'
import {
  AuthenticationExpired,
  AuthenticationRefused,
  CardDeclined,
  declinedBecause,
  isFinal,
} from './errors.ts'

/** The current PaymentIntent of a charge at the provider. */
export interface IntentSeen {
  status: IntentStatus
  /** The provider's charge of the last attempt, whether it succeeded or not. */
  latestCharge: string | undefined
  lastError: Decline | undefined
}
export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'requires_capture'
  | 'processing'
  | 'succeeded'
  | 'canceled'

/** Why a payment was declined, in the provider's codes. */
export interface Decline {
  code: string
  declineCode?: string | undefined
  adviceCode?: string | undefined
}

/** The payment succeeded. */
interface RecordPaid {
  kind: 'record_paid'
  ends?: AttemptEnd
}
/** The payment failed, and this charge will not be tried again. */
interface Refuse {
  kind: 'refuse'
  refusal: DomainError
  ends?: AttemptEnd
  /** The bank asks us never to charge the card again. */
  refusesCard?: true
}
interface AskCardholder {
  kind: 'ask_cardholder'
  ends?: AttemptEnd
}
/** Record attempt `n`, then send it. */
interface Confirm {
  kind: 'confirm'
  n: number
}
/** The payment is still being processed. Nothing may be done until the processing has ended. */
interface LookAgain {
  kind: 'look_again'
  why: string
}
interface Cancel {
  kind: 'cancel'
}

/** The possible moves, by purpose. */
export interface Moves {
  /** Charges the saved card without the cardholder. */
  charge: RecordPaid | Refuse | AskCardholder | Confirm | LookAgain
  /** Looks at the payment while waiting for the cardholder. */
  look: RecordPaid | Refuse | { kind: 'keep_waiting' }
  /** Ends the wait for the cardholder. */
  close: RecordPaid | Refuse | (Cancel & { refusal: DomainError })
  /** Ends the wait for the cardholder, because the purchase is no longer allowed. A confirmed payment goes on. */
  withdraw: RecordPaid | Refuse | Cancel | { kind: 'keep_waiting' } | { kind: 'already_cancelled' }
  /** Sends the cardholder to the bank. Does not record the result: the operation does that. */
  visit: Confirm | { kind: 'nothing_to_confirm' }
  /** Undoes the payment. */
  undo: { kind: 'refund' } | Cancel | { kind: 'record_cancelled' } | LookAgain
}

type Collected = Pick<Charge, 'attempts' | 'isCardRefused'>

/**
 * The next move for a charge and its PaymentIntent. Only this function decides the number of an attempt, and so its
 * idempotency key. A number is used again only while the outcome of its attempt is unknown (docs/decisions/0003).
 */
export function nextMove<Purpose extends keyof Moves>(
  purpose: Purpose,
  charge: Collected,
  intent: IntentSeen,
): Moves[Purpose] {
  return RULES[purpose](charge, intent)
}

const RULES: { [Purpose in keyof Moves]: (charge: Collected, intent: IntentSeen) => Moves[Purpose] } = {
  charge: moveToCharge,
  look: (charge, intent) => visitOutcome(charge, intent) ?? { kind: 'keep_waiting' },
  close: (charge, intent) =>
    // cancelled by an earlier attempt of this step, whose result was lost
    intent.status === 'canceled'
      ? { kind: 'refuse', refusal: new AuthenticationExpired() }
      : (visitOutcome(charge, intent) ?? { kind: 'cancel', refusal: new AuthenticationExpired() }),
  withdraw: (charge, intent) => {
    if (intent.status === 'canceled') return { kind: 'already_cancelled' }
    if (intent.status === 'processing') return { kind: 'keep_waiting' }
    return visitOutcome(charge, intent) ?? { kind: 'cancel' }
  },
  visit: (charge, { status }) =>
    ['succeeded', 'canceled', 'processing'].includes(status)
      ? { kind: 'nothing_to_confirm' }
      : { kind: 'confirm', n: numberOf(charge, { onSession: true }) },
  undo: moveToUndo,
}

function moveToCharge(charge: Collected, intent: IntentSeen): Moves['charge'] {
  switch (intent.status) {
    case 'succeeded':
      return paid(charge)
    case 'processing':
      return STILL_PROCESSING
    case 'canceled':
      return { kind: 'refuse', refusal: new CardDeclined() }
    case 'requires_action':
      return { kind: 'ask_cardholder' }
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_capture':
      return moveToConfirm(charge, intent)
  }
}

/** Does not confirm again after a decline, and never charges a card that the bank refuses for ever. */
function moveToConfirm(charge: Collected, intent: IntentSeen): Moves['charge'] {
  const last = charge.attempts.at(-1)
  if (last?.outcome === 'declined') return { kind: 'refuse', refusal: declinedBecause(last.declineCode) }
  if (last?.outcome === 'authentication_required') return { kind: 'ask_cardholder' }
  const inDoubt = attemptInDoubt(charge)
  if (inDoubt && intent.latestCharge !== inDoubt.latestChargeBefore)
    return declined(inDoubt.n, intent.lastError)
  // the cardholder is on the page of the bank, and we cannot repeat that request without them
  if (inDoubt?.onSession) return { kind: 'ask_cardholder' }
  if (!inDoubt && charge.isCardRefused) return { kind: 'refuse', refusal: new CardDeclined() }
  return { kind: 'confirm', n: numberOf(charge, { onSession: false }) }
}

/** The outcome of the cardholder's visit at the bank. Undefined while it may still succeed. */
function visitOutcome(charge: Collected, intent: IntentSeen): RecordPaid | Refuse | undefined {
  if (intent.status === 'succeeded') return paid(charge)
  if (intent.status === 'canceled') return { kind: 'refuse', refusal: new CardDeclined() }
  const visit = attemptInDoubt(charge)
  if (intent.status !== 'requires_payment_method' || !visit?.onSession) return undefined
  if (intent.latestCharge !== visit.latestChargeBefore) return declined(visit.n, intent.lastError)
  if (intent.lastError?.code !== 'payment_intent_authentication_failure') return undefined
  const ends = { n: visit.n, outcome: 'authentication_required' } as const
  return { kind: 'refuse', refusal: new AuthenticationRefused(), ends }
}

/** Refunds a successful payment and cancels an open one. */
function moveToUndo(_: Collected, { status }: IntentSeen): Moves['undo'] {
  switch (status) {
    case 'processing':
      return STILL_PROCESSING
    case 'succeeded':
      return { kind: 'refund' }
    case 'canceled':
      return { kind: 'record_cancelled' }
    case 'requires_payment_method':
    case 'requires_confirmation':
    case 'requires_action':
    case 'requires_capture':
      return { kind: 'cancel' }
  }
}

const STILL_PROCESSING: LookAgain = {
  kind: 'look_again',
  why: 'The bank is still processing the payment.',
}

/** The provider's answer to an attempt. */
export type Confirmed =
  | { kind: 'intent'; intent: Pick<IntentSeen, 'status'> }
  | ({ kind: 'declined' } & Decline)
  | { kind: 'authentication_required' }

/** The move after the provider's answer to attempt `n`. */
export function moveAfterConfirm(n: number, answer: Confirmed): Exclude<Moves['charge'], Confirm> {
  switch (answer.kind) {
    case 'declined':
      return declined(n, answer)
    case 'authentication_required':
      return { kind: 'ask_cardholder', ends: { n, outcome: 'authentication_required' } }
    case 'intent':
      break
  }
  if (answer.intent.status === 'succeeded') return { kind: 'record_paid', ends: { n, outcome: 'succeeded' } }
  if (answer.intent.status === 'requires_action') return { kind: 'ask_cardholder' }
  return { kind: 'look_again', why: 'The payment is not decided yet.' }
}

/**
 * Whether an attempt that ended in a server error changed nothing. If so, the payment has to be sent under a new
 * number, because the provider stores the error and returns it again under the old number.
 */
export const hasNothingHappened = (before: IntentSeen, after: IntentSeen): boolean =>
  after.status === before.status && after.latestCharge === before.latestCharge

function paid(charge: Collected): RecordPaid {
  const inDoubt = attemptInDoubt(charge)
  return { kind: 'record_paid', ...(inDoubt && { ends: { n: inDoubt.n, outcome: 'succeeded' } }) }
}

function declined(n: number, decline: Decline | undefined): Refuse {
  const { code, declineCode = code, adviceCode } = decline ?? {}
  return {
    kind: 'refuse',
    refusal: declinedBecause(declineCode),
    ends: { n, outcome: 'declined', declineCode, adviceCode },
    ...(isFinal({ declineCode, adviceCode }) && { refusesCard: true }),
  }
}

/** An attempt with an unknown outcome keeps its number and parameters. Otherwise a new attempt begins. */
function numberOf(charge: Collected, { onSession }: Pick<Attempt, 'onSession'>): number {
  const inDoubt = attemptInDoubt(charge)
  return inDoubt?.onSession === onSession ? inDoubt.n : charge.attempts.length + 1
}

function attemptInDoubt({ attempts }: Collected): Attempt | undefined {
  const last = attempts.at(-1)
  return last?.outcome ? undefined : last
}

/** A refund at the provider. */
export interface RefundSeen {
  id: string
  status: string
  amountMinor: number
}

/** The amount that is not refunded yet. `refundId`: the first refund that did not fail. */
export function refundLeft(
  receivedMinor: number,
  refunds: readonly RefundSeen[],
): { amountMinor: number; refundId: string | undefined } {
  const valid = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled')
  const refunded = valid.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  return { amountMinor: Math.max(0, receivedMinor - refunded), refundId: valid[0]?.id }
}
