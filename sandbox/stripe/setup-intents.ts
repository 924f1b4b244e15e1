import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { noSuch } from './errors.ts'
import { listOf } from './lists.ts'

type Setup = Stripe.SetupIntent

export const setupIntentCalls: Calls = {
  'GET /v1/setup_intents': ({ store }, _, params: Stripe.SetupIntentListParams) =>
    listOf(
      '/v1/setup_intents',
      store
        .all('setup_intents')
        .filter(({ customer }) => !params.customer || customer === params.customer)
        .filter(({ payment_method }) => !params.payment_method || payment_method === params.payment_method),
      params,
    ),

  'GET /v1/setup_intents/{}': ({ store }, id): Setup => {
    const found = store.get('setup_intents', id)
    if (!found) throw noSuch('setupintent', id)
    return found
  },
}

export function newSetupIntent(
  bank: Bank,
  { customer, description, metadata }: Pick<Setup, 'customer' | 'description' | 'metadata'>,
): Setup {
  const id = bank.store.id('seti')
  const setup: Setup = {
    id,
    object: 'setup_intent',
    allowed_payment_method_types: ['card'],
    application: null,
    automatic_payment_methods: null,
    cancellation_reason: null,
    client_secret: `${id}_secret_sandbox`,
    created: bank.store.now(),
    customer,
    customer_account: null,
    description,
    excluded_payment_method_types: null,
    flow_directions: null,
    last_setup_error: null,
    latest_attempt: null,
    livemode: false,
    managed_payments: null,
    mandate: null,
    metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: { card: { mandate_options: null, network: null, request_three_d_secure: null } },
    payment_method_types: ['card'],
    single_use_mandate: null,
    status: 'requires_payment_method',
    usage: 'off_session',
  }
  bank.store.put('setup_intents', setup)
  bank.announce('setup_intent.created', setup)
  return setup
}

/** Stores the change and announces the event. */
export function moveSetup(
  bank: Bank,
  setup: Setup,
  event: Extract<Stripe.Event['type'], `setup_intent.${string}`>,
  change: Partial<Setup>,
): Setup {
  const moved = { ...setup, ...change }
  bank.store.put('setup_intents', moved)
  bank.announce(event, moved)
  return moved
}
