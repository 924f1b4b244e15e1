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

/** A charge's PaymentIntent, as the provider has it now. */
export interface IntentSeen {
  status: IntentStatus
  /** Of the last attempt, whatever came of it. */
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

/** Why the provider refused a payment, in its own codes. */
export interface Decline {
  code: string
  declineCode?: string | undefined
  adviceCode?: string | undefined
}

/** The money came in. */
interface RecordPaid {
  kind: 'record_paid'
  ends?: AttemptEnd
}
/** No money came in, and none will by this charge. */
interface Refuse {
  kind: 'refuse'
  refusal: DomainError
  ends?: AttemptEnd
  /** The bank wants the card never to be tried again. */
  refusesCard?: true
}
interface AskCardholder {
  kind: 'ask_cardholder'
  ends?: AttemptEnd
}
/** Send attempt `n`, and write it down before. */
interface Confirm {
  kind: 'confirm'
  n: number
}
/** The payment is moving: nothing may be done before it comes to rest. */
interface LookAgain {
  kind: 'look_again'
  why: string
}
interface Cancel {
  kind: 'cancel'
}

/** What may come next, by who asks. */
export interface Moves {
  /** The step that charges the saved card. The cardholder is not there. */
  charge: RecordPaid | Refuse | AskCardholder | Confirm | LookAgain
  /** A look while the cardholder is waited for. */
  look: RecordPaid | Refuse | { kind: 'keep_waiting' }
  /** The cardholder's time is up. */
  close: RecordPaid | Refuse | (Cancel & { refusal: DomainError })
  /** The cardholder wants to go on to the bank. The charge is not collected here: its operation looks. */
  visit: Confirm | { kind: 'nothing_to_confirm' }
  /** The way back. */
  undo: { kind: 'refund' } | Cancel | { kind: 'record_cancelled' } | LookAgain
}

type Collected = Pick<Charge, 'attempts' | 'isCardRefused'>

/**
 * The next move for a charge and its PaymentIntent. It alone decides under which number a payment is attempted, and so
 * under which key: a number is used again only for the attempt that is still in doubt (docs/decisions/0003).
 */
export function nextMove<Asker extends keyof Moves>(
  asker: Asker,
  charge: Collected,
  intent: IntentSeen,
): Moves[Asker] {
  return RULES[asker](charge, intent)
}

const RULES: { [Asker in keyof Moves]: (charge: Collected, intent: IntentSeen) => Moves[Asker] } = {
  charge: moveToCharge,
  look: (charge, intent) => whatTheVisitCameTo(charge, intent) ?? { kind: 'keep_waiting' },
  close: (charge, intent) =>
    // closed by an earlier attempt of this step, whose answer was lost
    intent.status === 'canceled'
      ? { kind: 'refuse', refusal: new AuthenticationExpired() }
      : (whatTheVisitCameTo(charge, intent) ?? { kind: 'cancel', refusal: new AuthenticationExpired() }),
  visit: (charge, { status }) =>
    ['succeeded', 'canceled', 'processing'].includes(status)
      ? { kind: 'nothing_to_confirm' }
      : { kind: 'confirm', n: numberOf(charge, { onSession: true }) },
  undo: moveBack,
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

/** A card that declined is not asked again, nor one that the bank refuses for good. */
function moveToConfirm(charge: Collected, intent: IntentSeen): Moves['charge'] {
  const last = charge.attempts.at(-1)
  if (last?.outcome === 'declined') return { kind: 'refuse', refusal: declinedBecause(last.declineCode) }
  if (last?.outcome === 'authentication_required') return { kind: 'ask_cardholder' }
  const inDoubt = attemptInDoubt(charge)
  if (inDoubt && intent.latestCharge !== inDoubt.latestChargeBefore)
    return declined(inDoubt.n, intent.lastError)
  // the cardholder is at the bank: its number is taken by a request that we cannot repeat without them
  if (inDoubt?.onSession) return { kind: 'ask_cardholder' }
  if (!inDoubt && charge.isCardRefused) return { kind: 'refuse', refusal: new CardDeclined() }
  return { kind: 'confirm', n: numberOf(charge, { onSession: false }) }
}

/** Nothing as long as the cardholder may still succeed. */
function whatTheVisitCameTo(charge: Collected, intent: IntentSeen): RecordPaid | Refuse | undefined {
  if (intent.status === 'succeeded') return paid(charge)
  if (intent.status === 'canceled') return { kind: 'refuse', refusal: new CardDeclined() }
  const visit = attemptInDoubt(charge)
  if (intent.status !== 'requires_payment_method' || !visit?.onSession) return undefined
  if (intent.latestCharge !== visit.latestChargeBefore) return declined(visit.n, intent.lastError)
  if (intent.lastError?.code !== 'payment_intent_authentication_failure') return undefined
  const ends = { n: visit.n, outcome: 'authentication_required' } as const
  return { kind: 'refuse', refusal: new AuthenticationRefused(), ends }
}

/** What came in is paid back, what is open is cancelled. */
function moveBack(_: Collected, { status }: IntentSeen): Moves['undo'] {
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

/** What the provider said to attempt `n`. */
export type Confirmed =
  | { kind: 'intent'; intent: Pick<IntentSeen, 'status'> }
  | ({ kind: 'declined' } & Decline)
  | { kind: 'authentication_required' }

/** The move that an answer to attempt `n` leads to. */
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
 * Whether an attempt that the provider failed to carry out left no trace. Only then it may be tried under the next
 * number: a stored server error would be replayed under its own key for ever.
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

/** An attempt in doubt is sent again under its own number, with the same parameters; else a new one begins. */
function numberOf(charge: Collected, { onSession }: Pick<Attempt, 'onSession'>): number {
  const inDoubt = attemptInDoubt(charge)
  return inDoubt?.onSession === onSession ? inDoubt.n : charge.attempts.length + 1
}

function attemptInDoubt({ attempts }: Collected): Attempt | undefined {
  const last = attempts.at(-1)
  return last?.outcome ? undefined : last
}

/** A refund, as the provider has it. */
export interface RefundSeen {
  id: string
  status: string
  amountMinor: number
}

/** What of the money that came in has not gone back yet; `refundId` is one that stands. */
export function refundLeft(
  receivedMinor: number,
  refunds: readonly RefundSeen[],
): { amountMinor: number; refundId: string | undefined } {
  const standing = refunds.filter(({ status }) => status !== 'failed' && status !== 'canceled')
  const returned = standing.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  return { amountMinor: Math.max(0, receivedMinor - returned), refundId: standing[0]?.id }
}
