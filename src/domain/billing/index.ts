import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { type Attempt, type AttemptOutcome, beginAttempt, endAttempt } from './attempt-store.ts'
export { type Billing, billingOn } from './billing.ts'
export {
  changeBillingDetails,
  BILLING_FIELDS,
  findBillingDetails,
  missingBillingDetails,
} from './billing-details.ts'
export { makeCardDefault } from './change-cards.ts'
export type { DetailMistake, TypedDetails } from './read-billing-details.ts'
export {
  cardAddedBy,
  closeCardSession,
  type OpenCardSession,
  openCardSession,
  openCardSessions,
} from './card-session-store.ts'
export {
  type Charge,
  chargeToConfirm,
  closeCharge,
  findCharge,
  forgetIntent,
  lockIntent,
  openCharge,
  settleCharge,
  storeIntent,
} from './charge-store.ts'
export { detachDue } from './detach-cards.ts'
export { moveForEarlier } from './earlier-payment.ts'
export {
  AuthenticationExpired,
  CardDeclined,
  PaymentMethodNotFound,
  PaymentProviderAway,
  PaymentRefused,
} from './errors.ts'
export type { IntentSeen, IntentStatus, Moves } from './moves.ts'
export { type Confirmed, hasNothingHappened, moveAfterConfirm, nextMove } from './next-move.ts'
export { nextRefund, type RefundMove, type RefundSeen } from './next-refund.ts'
export {
  addBillingAccount,
  addPaymentMethod,
  defaultCardOf,
  findPaymentMethod,
  type ListedCard,
  listPaymentMethods,
  type PaymentMethod,
  refusePaymentMethod,
} from './payment-method-store.ts'
export { recordRefunds } from './refund-store.ts'
export { sendNumbered } from './request-numbers.ts'
export {
  eventIn,
  ignoreStripeEvent,
  receiveStripeEvent,
  runsWaitingFor,
  type StripeObject,
} from './stripe-events.ts'
export {
  countOwed,
  leaseUndoneCharges,
  lookAtUndoneSoon,
  markUndone,
  plannedLook,
  planNextLook,
  type UndoneCharge,
} from './undone-charges.ts'

/** The codes of all refusals of `billing`. */
export type BillingCode = CodesIn<typeof refusals>
