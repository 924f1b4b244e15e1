import { StripeRefusal } from './errors.ts'

const PAGED = ['limit', 'starting_after', 'ending_before', 'created']
const CONFIRMED = [
  'payment_method',
  'off_session',
  'return_url',
  // has no effect here: it only tells the bank why the card is stored
  'payment_method_options.card.stored_credential_usage',
]

/** The parameters that each call reads, or that have no effect here, as at Stripe. Every call reads `expand`. */
const READ: Record<string, readonly string[]> = {
  'GET /v1/balance_transactions': [...PAGED, 'source'],
  'GET /v1/charges': [...PAGED, 'customer', 'payment_intent', 'transfer_group'],
  'GET /v1/checkout/sessions': [...PAGED, 'customer', 'status'],
  'POST /v1/checkout/sessions': [
    'mode',
    'ui_mode',
    'customer',
    'success_url',
    'cancel_url',
    'allowed_payment_method_types',
    'currency',
    'expires_at',
    'client_reference_id',
    'metadata',
    'setup_intent_data.description',
    'setup_intent_data.metadata',
  ],
  'POST /v1/customers': ['description', 'email', 'metadata'],
  'POST /v1/customers/{}': ['description', 'email', 'metadata'],
  'GET /v1/events': [...PAGED, 'type', 'types'],
  'GET /v1/payment_intents': [...PAGED, 'customer'],
  'POST /v1/payment_intents': [
    'amount',
    'currency',
    'customer',
    'allowed_payment_method_types',
    'metadata',
    'transfer_group',
    'confirm',
    ...CONFIRMED,
  ],
  'POST /v1/payment_intents/{}': ['metadata'],
  'POST /v1/payment_intents/{}/confirm': CONFIRMED,
  'POST /v1/payment_intents/{}/cancel': ['cancellation_reason'],
  'GET /v1/payment_methods': [...PAGED, 'customer'],
  'POST /v1/payment_methods/{}/attach': ['customer'],
  'GET /v1/refunds': [...PAGED, 'charge', 'payment_intent'],
  'POST /v1/refunds': ['charge', 'payment_intent', 'amount', 'metadata', 'reason'],
  'GET /v1/setup_intents': [...PAGED, 'customer', 'payment_method'],
  'GET /v1/webhook_endpoints': PAGED,
  'POST /v1/webhook_endpoints': ['url', 'enabled_events', 'api_version', 'description', 'metadata'],
  'POST /v1/webhook_endpoints/{}': ['url', 'enabled_events', 'disabled'],
}

/** Refuses a parameter that Stripe knows and the stand-in ignores. Otherwise a mistake could pass all tests. */
export function refuseUnread(call: string, params: Record<string, unknown>): void {
  const unread = firstUnread(params, ['expand', ...(READ[call] ?? [])], [])
  if (!unread) return
  const [first = '', ...rest] = unread
  const param = first + rest.map((part) => `[${part}]`).join('')
  throw new StripeRefusal(
    400,
    'invalid_request_error',
    'not_implemented_by_the_stand_in',
    `Stripe takes ${param} here; the stand-in does nothing with it.`,
    { fields: { param }, isKept: false },
  )
}

function firstUnread(value: object, read: readonly string[], at: readonly string[]): string[] | undefined {
  for (const [key, member] of Object.entries(value)) {
    const path = [...at, key]
    const name = path.join('.')
    if (member === undefined || read.includes(name)) continue
    const isParent = typeof member === 'object' && read.some((each) => each.startsWith(`${name}.`))
    if (!isParent) return path
    const below = firstUnread((member ?? {}) as object, read, path)
    if (below) return below
  }
  return undefined
}
