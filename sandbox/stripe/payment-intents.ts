import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { currencyOf } from './currencies.ts'
import { customerOf, metadataOf } from './customers.ts'
import { invalidRequest } from './errors.ts'
import { changed, intentOf, refuseIn } from './intent-states.ts'
import { listOf } from './lists.ts'
import { confirm } from './payment-attempts.ts'

type Intent = Stripe.PaymentIntent

/** Smallest charge in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const MINIMUM = 50
/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: eight digits. */
const MAXIMUM = 99_999_999

export const paymentIntentCalls: Calls = {
  'GET /v1/payment_intents': ({ store }, _, params: Stripe.PaymentIntentListParams) =>
    listOf(
      '/v1/payment_intents',
      store.all('payment_intents').filter(({ customer }) => !params.customer || customer === params.customer),
      params,
    ),

  'POST /v1/payment_intents': (bank, _, params: Stripe.PaymentIntentCreateParams): Intent => {
    const intent = newIntent(bank, params)
    bank.store.put('payment_intents', intent)
    bank.announce('payment_intent.created', intent)
    return params.confirm ? confirm(bank, intent, params) : intent
  },

  'GET /v1/payment_intents/{}': (bank, id): Intent => intentOf(bank, id),

  'POST /v1/payment_intents/{}': (bank, id, params: Stripe.PaymentIntentUpdateParams): Intent => {
    const intent = intentOf(bank, id)
    refuseIn(intent, ['succeeded', 'canceled', 'processing'])
    return changed(bank, intent, { metadata: { ...intent.metadata, ...metadataOf(params.metadata) } })
  },

  'POST /v1/payment_intents/{}/confirm': (bank, id, params: Stripe.PaymentIntentConfirmParams): Intent =>
    confirm(bank, intentOf(bank, id), params),

  'POST /v1/payment_intents/{}/cancel': (bank, id, params: Stripe.PaymentIntentCancelParams): Intent => {
    const intent = intentOf(bank, id)
    refuseIn(intent, ['succeeded', 'canceled'])
    const canceled = changed(bank, intent, {
      status: 'canceled',
      canceled_at: bank.store.now(),
      cancellation_reason: params.cancellation_reason ?? null,
      next_action: null,
    })
    bank.announce('payment_intent.canceled', canceled)
    return canceled
  },
}

function newIntent(bank: Bank, params: Stripe.PaymentIntentCreateParams): Intent {
  const { store } = bank
  if (!Number.isInteger(params.amount) || params.amount < MINIMUM)
    throw invalidRequest('amount_too_small', 'The amount is below the smallest one.', { param: 'amount' })
  if (params.amount > MAXIMUM)
    throw invalidRequest('amount_too_large', 'The amount has more than eight digits.', { param: 'amount' })
  const currency = currencyOf(params.currency)
  const customer = params.customer ? customerOf(bank, params.customer).id : null
  const id = store.id('pi')
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: (params.allowed_payment_method_types ??
      null) as Intent['allowed_payment_method_types'],
    amount: params.amount,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_sandbox`,
    confirmation_method: 'automatic',
    created: store.now(),
    currency,
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: metadataOf(params.metadata),
    next_action: null,
    on_behalf_of: null,
    payment_method: params.payment_method ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: null,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: params.payment_method ? 'requires_confirmation' : 'requires_payment_method',
    transfer_group: params.transfer_group ?? null,
  }
}
