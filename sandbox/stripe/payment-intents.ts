import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { currencyOf, refuseAmount } from './currencies.ts'
import { customerOf } from './customers.ts'
import { changed, intentOf, refuseIn } from './intent-states.ts'
import { listOf } from './lists.ts'
import { mergedMetadata, metadataOf } from './metadata.ts'
import { cancel, confirm } from './payment-attempts.ts'

type Intent = Stripe.PaymentIntent

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
    return changed(bank, intent, { metadata: mergedMetadata(intent.metadata, params.metadata) })
  },

  'POST /v1/payment_intents/{}/confirm': (bank, id, params: Stripe.PaymentIntentConfirmParams): Intent =>
    confirm(bank, intentOf(bank, id), params),

  'POST /v1/payment_intents/{}/cancel': (bank, id, params: Stripe.PaymentIntentCancelParams): Intent => {
    const intent = intentOf(bank, id)
    refuseIn(intent, ['succeeded', 'canceled', 'processing'])
    return cancel(bank, intent, params.cancellation_reason ?? null)
  },
}

function newIntent(bank: Bank, params: Stripe.PaymentIntentCreateParams): Intent {
  const { store } = bank
  const currency = currencyOf(params.currency)
  refuseAmount(params.amount, currency)
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
