import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { currencyOf } from './currencies.ts'
import { customerOf } from './customers.ts'
import { invalidRequest, noSuch, parameterFault } from './errors.ts'
import { idOf } from './intent-states.ts'
import { listOf } from './lists.ts'
import { metadataOf } from './metadata.ts'
import { moveSetup, newSetupIntent } from './setup-intents.ts'
import { webUrl } from './urls.ts'

type Session = Stripe.Checkout.Session
type Wanted = Stripe.Checkout.SessionCreateParams

const LIFETIME = 24 * 60 * 60
const SHORTEST = 30 * 60

export const checkoutSessionCalls: Calls = {
  'GET /v1/checkout/sessions': (bank, _, params: Stripe.Checkout.SessionListParams) => {
    expireOverdue(bank)
    const sessions = bank.store
      .all('checkout_sessions')
      .filter(({ customer }) => !params.customer || customer === params.customer)
      .filter(({ status }) => !params.status || status === params.status)
    return listOf('/v1/checkout/sessions', sessions, params)
  },

  'POST /v1/checkout/sessions': (bank, _, params: Wanted): Session => newSession(bank, params),

  'GET /v1/checkout/sessions/{}': (bank, id): Session => sessionOf(bank, id),

  'POST /v1/checkout/sessions/{}/expire': (bank, id): Session => {
    const session = sessionOf(bank, id)
    if (session.status !== 'open')
      throw invalidRequest(undefined, `The session is ${session.status}; only an open one can be expired.`)
    return expire(bank, session)
  },
}

/** Returns the session in its state at the time of the stand-in's clock. */
export function sessionOf(bank: Bank, id: string): Session {
  expireOverdue(bank)
  const found = bank.store.get('checkout_sessions', id)
  if (!found) throw noSuch('checkout.session', id)
  return found
}

export const sessionOfSetup = ({ store }: Bank, setup: Stripe.SetupIntent): Session | undefined =>
  store.all('checkout_sessions').find(({ setup_intent }) => setup_intent === setup.id)

export function completeSession(bank: Bank, session: Session): Session {
  const complete: Session = { ...session, status: 'complete', url: null }
  bank.store.put('checkout_sessions', complete)
  bank.announce('checkout.session.completed', complete)
  return complete
}

/** Expires the sessions whose time is over. */
export function expireOverdue(bank: Bank): void {
  for (const session of bank.store.all('checkout_sessions'))
    if (session.status === 'open' && session.expires_at <= bank.store.now()) expire(bank, session)
}

function expire(bank: Bank, session: Session): Session {
  const expired: Session = { ...session, status: 'expired', url: null }
  bank.store.put('checkout_sessions', expired)
  const setup = bank.store.get('setup_intents', idOf(session.setup_intent) ?? '')
  if (setup) {
    const given = { status: 'canceled', cancellation_reason: 'abandoned', next_action: null } as const
    moveSetup(bank, setup, 'setup_intent.canceled', given)
  }
  bank.announce('checkout.session.expired', expired)
  return expired
}

function newSession(bank: Bank, params: Wanted): Session {
  const { customer, success_url, cancel_url, expires_at } = checked(bank, params)
  const metadata = metadataOf(params.metadata)
  const id = bank.store.id('cs_test')
  const setup = newSetupIntent(bank, {
    customer,
    description: params.setup_intent_data?.description ?? null,
    metadata: metadataOf(params.setup_intent_data?.metadata),
  })
  const session: Session = {
    ...NOT_IN_SETUP_MODE,
    id,
    object: 'checkout.session',
    allowed_payment_method_types: params.allowed_payment_method_types ?? null,
    automatic_tax: { enabled: false, liability: null, provider: null, status: null },
    cancel_url,
    client_reference_id: params.client_reference_id ?? null,
    created: bank.store.now(),
    currency: params.currency ? currencyOf(params.currency) : null,
    custom_fields: [],
    custom_text: {
      after_submit: null,
      shipping_address: null,
      submit: null,
      terms_of_service_acceptance: null,
    },
    customer,
    expires_at,
    livemode: false,
    metadata,
    mode: 'setup',
    payment_method_options: {},
    payment_method_types: ['card'],
    payment_status: 'no_payment_required',
    setup_intent: setup.id,
    shipping_options: [],
    status: 'open',
    success_url,
    ui_mode: 'hosted_page',
    url: `${bank.origin}/pay/${id}`,
  }
  bank.store.put('checkout_sessions', session)
  return session
}

/** Checks what the types cannot express: https://docs.stripe.com/api/checkout/sessions/create */
function checked(bank: Bank, params: Wanted) {
  if (params.mode !== 'setup' || (params.ui_mode ?? 'hosted_page') !== 'hosted_page')
    throw invalidRequest(undefined, 'The stand-in has hosted pages for setup mode only.', { param: 'mode' })
  const missing = (param: string) => parameterFault({ code: 'parameter_missing', param })
  if (!params.customer) throw missing('customer')
  if (!params.success_url) throw missing('success_url')
  if (!params.cancel_url) throw missing('cancel_url')
  if (!params.allowed_payment_method_types?.length && !params.currency) throw missing('currency')
  const now = bank.store.now()
  const expires_at = params.expires_at ?? now + LIFETIME
  if (expires_at < now + SHORTEST || expires_at > now + LIFETIME)
    throw invalidRequest(undefined, 'A session is open for 30 minutes to 24 hours.', { param: 'expires_at' })
  return {
    customer: customerOf(bank, params.customer).id,
    success_url: webUrl('success_url', params.success_url),
    cancel_url: webUrl('cancel_url', params.cancel_url),
    expires_at,
  }
}

const NOT_IN_SETUP_MODE = {
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  amount_subtotal: null,
  amount_total: null,
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  customer_account: null,
  customer_creation: null,
  customer_details: null,
  customer_email: null,
  discounts: null,
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  locale: null,
  managed_payments: null,
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_collection: 'if_required',
  payment_method_configuration_details: null,
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  shipping_address_collection: null,
  shipping_cost: null,
  submit_type: null,
  subscription: null,
  total_details: null,
  wallet_options: null,
} as const
