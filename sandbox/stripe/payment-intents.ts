import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { type Decline, GENERIC_DECLINE } from './cards.ts'
import { attemptCharge } from './charges.ts'
import { customerOf, metadataOf } from './customers.ts'
import { invalidRequest, noSuch, StripeRefusal } from './errors.ts'
import { listOf } from './lists.ts'
import { paymentMethodOf } from './payment-methods.ts'

type Intent = Stripe.PaymentIntent

/** Smallest charge in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const MINIMUM = 50
const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  advice_code: 'confirm_card_data',
}

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

function intentOf({ store }: Bank, id: string): Intent {
  const found = store.get('payment_intents', id)
  if (!found) throw noSuch('payment_intent', id)
  return found
}

function newIntent(bank: Bank, params: Stripe.PaymentIntentCreateParams): Intent {
  const { store } = bank
  if (!Number.isInteger(params.amount) || params.amount < MINIMUM)
    throw invalidRequest('amount_too_small', 'The amount is below the smallest one.', { param: 'amount' })
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
    currency: params.currency.toLowerCase(),
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

interface Confirming {
  payment_method?: string
  off_session?: unknown
  return_url?: string
}

/** https://docs.stripe.com/payments/paymentintents/lifecycle */
function confirm(bank: Bank, intent: Intent, params: Confirming): Intent {
  refuseIn(intent, ['succeeded', 'canceled', 'processing', 'requires_capture'])
  const id = params.payment_method ?? idOf(intent.payment_method)
  if (!id) throw unexpectedState(intent, 'A payment method is missing.')
  const method = paymentMethodOf(bank, id)
  if (idOf(method.customer) !== idOf(intent.customer))
    throw invalidRequest('resource_missing', 'The payment method belongs to another customer.', {
      param: 'payment_method',
    })
  const behaviour = bank.forced ?? bank.store.get('cards', id)?.charge ?? GENERIC_DECLINE
  if (behaviour === 'works') return succeed(bank, intent, id)
  if (behaviour !== 'wants_authentication') throw refuse(bank, intent, method, behaviour)
  if (params.off_session) throw refuse(bank, intent, method, AUTHENTICATION_REQUIRED)
  const waiting = changed(bank, intent, {
    status: 'requires_action',
    payment_method: id,
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { return_url: params.return_url ?? null, url: `${bank.origin}/3ds/${intent.id}` },
    },
  })
  bank.announce('payment_intent.requires_action', waiting)
  return waiting
}

function succeed(bank: Bank, intent: Intent, method: string): Intent {
  const charge = attemptCharge(bank, intent, method)
  const paid = changed(bank, intent, {
    status: 'succeeded',
    amount_received: intent.amount,
    latest_charge: charge.id,
    payment_method: method,
    last_payment_error: null,
    next_action: null,
  })
  bank.announce('payment_intent.succeeded', paid)
  return paid
}

function refuse(bank: Bank, intent: Intent, method: Stripe.PaymentMethod, decline: Decline): StripeRefusal {
  const charge = attemptCharge(bank, intent, method.id, decline)
  const message = 'The card was declined.'
  const error = {
    type: 'card_error' as const,
    message,
    ...decline,
    charge: charge.id,
    payment_method: method,
  }
  const refused = changed(bank, intent, {
    status: 'requires_payment_method',
    latest_charge: charge.id,
    payment_method: null,
    last_payment_error: error,
    next_action: null,
  })
  bank.announce('payment_intent.payment_failed', refused)
  const { type: _, message: __, code, ...fields } = error
  return new StripeRefusal(402, 'card_error', code, message, {
    fields: { ...fields, payment_intent: refused },
  })
}

function changed(bank: Bank, intent: Intent, change: Partial<Intent>): Intent {
  const next = { ...intent, ...change }
  bank.store.put('payment_intents', next)
  return next
}

function refuseIn(intent: Intent, states: ReadonlyArray<Intent['status']>): void {
  if (states.includes(intent.status))
    throw unexpectedState(intent, `The PaymentIntent is ${intent.status}, so this is not possible.`)
}

const unexpectedState = (intent: Intent, message: string) =>
  invalidRequest('payment_intent_unexpected_state', message, { payment_intent: intent })

const idOf = (ref: string | { id: string } | null) => (typeof ref === 'string' ? ref : ref?.id)
