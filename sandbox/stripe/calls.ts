import type Stripe from 'stripe'
import { balanceTransactionCalls } from './balance-transactions.ts'
import { chargeCalls } from './charges.ts'
import { customerCalls } from './customers.ts'
import type { Decline } from './cards.ts'
import { eventCalls } from './events.ts'
import { paymentIntentCalls } from './payment-intents.ts'
import { paymentMethodCalls } from './payment-methods.ts'
import { refundCalls } from './refunds.ts'
import type { Store } from './store.ts'
import { webhookEndpointCalls } from './webhook-endpoints.ts'

/** What a call may use. */
export interface Bank {
  store: Store
  /** Records an event and sends it to whoever listens. */
  announce: (type: Stripe.Event['type'], object: Stripe.Event.Data.Object) => void
  /** A behaviour that `/_sim/next` put in front of the card's own, for this request. */
  forced: 'wants_authentication' | Decline | undefined
  /** Origin of this server, for pages it links to. */
  origin: string
}

/** `id` is empty for a call without one; `params` have passed the schema. */
export type Call = (bank: Bank, id: string, params: never) => unknown
export type Calls = Record<string, Call>

/** By verb and path as the SDK has them; whatever is not here is not found. */
export const CALLS: Calls = {
  ...balanceTransactionCalls,
  ...chargeCalls,
  ...customerCalls,
  ...eventCalls,
  ...paymentIntentCalls,
  ...paymentMethodCalls,
  ...refundCalls,
  ...webhookEndpointCalls,
}
