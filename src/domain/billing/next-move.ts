import type { Attempt } from './attempt-store.ts'
import type { Charge } from './charge-store.ts'
import {
  AuthenticationExpired,
  AuthenticationRefused,
  CardDeclined,
  declinedBecause,
  isFinal,
  PaymentMethodNotFound,
} from './errors.ts'
import type {
  AskCardholder,
  Confirm,
  Decline,
  IntentSeen,
  LookAgain,
  Moves,
  RecordPaid,
  Refuse,
} from './moves.ts'

type Collected = Pick<Charge, 'attempts' | 'isCardRefused' | 'isCardRemoved'>

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
  settle: (charge, intent) => {
    const move = moveToCharge(charge, intent)
    return move.kind === 'confirm' ? { kind: 'give_up' } : move
  },
  look: (charge, intent) => visitOutcome(charge, intent) ?? { kind: 'keep_waiting' },
  close: (charge, intent) =>
    // cancelled by an earlier attempt of this step, whose result was lost
    intent.status === 'canceled'
      ? { kind: 'refuse', refusal: new AuthenticationExpired() }
      : (visitOutcome(charge, intent) ?? { kind: 'cancel', refusal: new AuthenticationExpired() }),
  withdraw: (charge, intent) => {
    if (intent.status === 'processing') return { kind: 'keep_waiting' }
    const outcome = visitOutcome(charge, intent)
    if (outcome?.kind === 'record_paid' || intent.status === 'canceled') return { kind: 'leave_to_undo' }
    return outcome ?? { kind: 'cancel' }
  },
  visit: (charge, { status, bankPage }) => {
    if (['succeeded', 'canceled', 'processing'].includes(status)) return { kind: 'nothing_to_confirm' }
    // the provider refuses a second confirmation while it asks for the cardholder
    if (status === 'requires_action' && bankPage) return { kind: 'open_page', url: bankPage }
    return { kind: 'confirm', n: numberOf(charge, { onSession: true }) }
  },
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
  // the page of the bank could not be opened, and the bank still wants the cardholder
  if (last?.outcome === 'nothing_happened' && last.onSession) return { kind: 'ask_cardholder' }
  const inDoubt = attemptInDoubt(charge)
  if (inDoubt && !inDoubt.onSession && intent.lastError?.code === 'authentication_required')
    return wantsCardholder(inDoubt.n)
  if (inDoubt && intent.latestCharge !== inDoubt.latestChargeBefore)
    return declined(inDoubt.n, intent.lastError)
  // the cardholder is on the page of the bank, and we cannot repeat that request without them
  if (inDoubt?.onSession) return { kind: 'ask_cardholder' }
  if (charge.isCardRemoved) return { kind: 'refuse', refusal: new PaymentMethodNotFound() }
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
      return wantsCardholder(n)
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

const wantsCardholder = (n: number): AskCardholder => ({
  kind: 'ask_cardholder',
  ends: { n, outcome: 'authentication_required' },
})

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
