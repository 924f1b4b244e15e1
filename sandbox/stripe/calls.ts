import { balanceTransactionCalls } from './balance-transactions.ts'
import type { Calls } from './bank.ts'
import { chargeCalls } from './charges.ts'
import { checkoutSessionCalls } from './checkout-sessions.ts'
import { customerCalls } from './customers.ts'
import { eventCalls } from './events.ts'
import { paymentIntentCalls } from './payment-intents.ts'
import { paymentMethodCalls } from './payment-methods.ts'
import { refundCalls } from './refunds.ts'
import { setupIntentCalls } from './setup-intents.ts'
import { webhookEndpointCalls } from './webhook-endpoints.ts'

/** All calls, by verb and path as in the SDK. Any other call is answered with 404. */
export const CALLS: Calls = {
  ...balanceTransactionCalls,
  ...chargeCalls,
  ...checkoutSessionCalls,
  ...customerCalls,
  ...eventCalls,
  ...paymentIntentCalls,
  ...paymentMethodCalls,
  ...refundCalls,
  ...setupIntentCalls,
  ...webhookEndpointCalls,
}
