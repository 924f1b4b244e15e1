import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { type Attempt, type AttemptOutcome, beginAttempt, endAttempt } from './attempt-store.ts'
export { type Billing, billingOn } from './billing.ts'
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
  lockIntent,
  openCharge,
  refundCharge,
  settleCharge,
  storeIntent,
} from './charge-store.ts'
export { moveForEarlier } from './earlier-payment.ts'
export { AuthenticationExpired, CardDeclined, PaymentProviderAway, PaymentRefused } from './errors.ts'
export {
  type Confirmed,
  hasNothingHappened,
  type IntentSeen,
  type IntentStatus,
  moveAfterConfirm,
  type Moves,
  nextMove,
  refundLeft,
} from './next-move.ts'
export {
  addBillingAccount,
  addPaymentMethod,
  findPaymentMethod,
  type ListedCard,
  listPaymentMethods,
  type PaymentMethod,
  refusePaymentMethod,
} from './payment-method-store.ts'
export {
  eventIn,
  ignoreStripeEvent,
  receiveStripeEvent,
  runsWaitingFor,
  type StripeObject,
} from './stripe-events.ts'

/** The codes of all refusals of `billing`. */
export type BillingCode = CodesIn<typeof refusals>
