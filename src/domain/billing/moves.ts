import type { DomainError } from '#kernel/errors'
import type { AttemptEnd } from './attempt-store.ts'

/** The current PaymentIntent of a charge at the provider. */
export interface IntentSeen {
  status: IntentStatus
  /** The provider's charge of the last attempt, whether it succeeded or not. */
  latestCharge: string | undefined
  lastError: Decline | undefined
  /** The page of the bank, while the payment asks for the cardholder. */
  bankPage: string | undefined
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
export interface RecordPaid {
  kind: 'record_paid'
  ends?: AttemptEnd
}
/** The payment failed, and this charge will not be tried again. */
export interface Refuse {
  kind: 'refuse'
  refusal: DomainError
  ends?: AttemptEnd
  /** The bank asks us never to charge the card again. */
  refusesCard?: true
}
export interface AskCardholder {
  kind: 'ask_cardholder'
  ends?: AttemptEnd
}
/** Record attempt `n`, then send it. */
export interface Confirm {
  kind: 'confirm'
  n: number
}
/** The payment is still being processed. Nothing may be done until the processing has ended. */
export interface LookAgain {
  kind: 'look_again'
  why: string
}
interface Cancel {
  kind: 'cancel'
}
interface KeepWaiting {
  kind: 'keep_waiting'
}

/** The possible moves, by purpose. */
export interface Moves {
  /** Charges the saved card without the cardholder. */
  charge: RecordPaid | Refuse | AskCardholder | Confirm | LookAgain
  /** Settles what became of a charge whose tries were given up. Never sends a confirmation. */
  settle: RecordPaid | Refuse | AskCardholder | { kind: 'give_up' } | LookAgain
  /** Looks at the payment while waiting for the cardholder. */
  look: RecordPaid | Refuse | KeepWaiting
  /** Ends the wait for the cardholder. */
  close: RecordPaid | Refuse | (Cancel & { refusal: DomainError })
  /** Ends the wait for the cardholder, because the purchase is no longer allowed. A confirmed payment is undone. */
  withdraw: Refuse | Cancel | KeepWaiting | { kind: 'leave_to_undo' }
  /** Sends the cardholder to the bank. Does not record the result: the operation does that. */
  visit: Confirm | { kind: 'open_page'; url: string } | { kind: 'nothing_to_confirm' }
  /** Undoes the payment. */
  undo: { kind: 'refund' } | Cancel | { kind: 'record_cancelled' } | LookAgain
}
