import type Stripe from 'stripe'
import type { Bank } from './bank.ts'
import { type Decline, GENERIC_DECLINE, sentenceOf } from './cards.ts'
import { attemptCharge, chargeOf, endCharge } from './charges.ts'
import { invalidRequest, parameterFault, StripeRefusal } from './errors.ts'
import { changed, idOf, refuseIn, unexpectedState } from './intent-states.ts'
import { comesLater } from './outcomes.ts'
import { paymentMethodOf } from './payment-methods.ts'
import { webUrl } from './urls.ts'

type Intent = Stripe.PaymentIntent

const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  advice_code: 'confirm_card_data',
}

interface Confirming {
  payment_method?: string
  off_session?: unknown
  return_url?: string
}

/** The limit is variable at Stripe, and its number is not documented. */
const MOST_CONFIRMATIONS = 20

/** https://docs.stripe.com/payments/paymentintents/lifecycle */
export function confirm(bank: Bank, intent: Intent, params: Confirming): Intent {
  refuseIn(intent, ['succeeded', 'canceled', 'processing', 'requires_capture', 'requires_action'])
  if (isConfirmedTooOften(bank, intent)) return cancel(bank, intent, null)
  const id = params.payment_method ?? idOf(intent.payment_method)
  if (!id) throw unexpectedState(intent, 'A payment method is missing.')
  const method = paymentMethodOf(bank, id)
  if (idOf(method.customer) !== idOf(intent.customer))
    throw invalidRequest('resource_missing', 'The payment method belongs to another customer.', {
      param: 'payment_method',
    })
  const behaviour = bank.forced?.charge ?? bank.store.get('cards', id)?.charge ?? GENERIC_DECLINE
  if (behaviour === 'works') return succeed(bank, intent, id)
  if (behaviour === 'processing') return process(bank, intent, id)
  if (behaviour !== 'wants_authentication') throw refusalOf(decline(bank, intent, method, behaviour))
  if (params.off_session) throw refusalOf(decline(bank, intent, method, AUTHENTICATION_REQUIRED))
  return askHolder(bank, intent, id, params.return_url)
}

/** https://docs.stripe.com/api/payment_intents/confirm: further calls cancel the PaymentIntent. */
function isConfirmedTooOften({ store }: Bank, { id }: Intent): boolean {
  const count = (store.get('confirmations', id)?.count ?? 0) + 1
  store.put('confirmations', { id, count })
  return count > MOST_CONFIRMATIONS
}

export function cancel(bank: Bank, intent: Intent, reason: Intent['cancellation_reason']): Intent {
  const canceled = changed(bank, intent, {
    status: 'canceled',
    canceled_at: bank.store.now(),
    cancellation_reason: reason,
    next_action: null,
  })
  bank.announce('payment_intent.canceled', canceled)
  return canceled
}

/** The bank takes its time: the charge is pending, until `endProcessing`. */
function process(bank: Bank, intent: Intent, method: string): Intent {
  const charge = attemptCharge(bank, intent, method, 'pending')
  const processing = changed(bank, intent, {
    status: 'processing',
    latest_charge: charge.id,
    payment_method: method,
    last_payment_error: null,
    next_action: null,
    processing: { type: 'card' },
  })
  comesLater(bank, intent.id, 'succeeded')
  bank.announce('payment_intent.processing', processing)
  return processing
}

export function endProcessing(bank: Bank, intent: Intent, end: 'succeeded' | Decline): Intent {
  if (intent.status !== 'processing')
    throw unexpectedState(intent, `The PaymentIntent is ${intent.status}; no outcome is to come.`)
  bank.store.drop('outcomes', intent.id)
  const pending = chargeOf(bank, idOf(intent.latest_charge) ?? '')
  const decided = { ...intent, processing: null }
  const charge = endCharge(bank, pending, end)
  if (end === 'succeeded') return paidBy(bank, decided, charge)
  return declinedBy(bank, decided, paymentMethodOf(bank, idOf(intent.payment_method) ?? ''), charge, end)
}

function askHolder(bank: Bank, intent: Intent, method: string, returnUrl: string | undefined): Intent {
  if (!returnUrl) throw parameterFault({ code: 'parameter_missing', param: 'return_url' })
  const return_url = webUrl('return_url', returnUrl)
  const waiting = changed(bank, intent, {
    status: 'requires_action',
    payment_method: method,
    next_action: {
      type: 'redirect_to_url',
      redirect_to_url: { return_url, url: `${bank.origin}/3ds/${intent.id}` },
    },
  })
  bank.store.put('returns', { id: intent.id, url: return_url })
  bank.announce('payment_intent.requires_action', waiting)
  return waiting
}

/** The cardholder agreed. The card is charged, and may still be declined. */
export function approvePayment(bank: Bank, intent: Intent): Intent {
  const method = paymentMethodOf(bank, idOf(intent.payment_method) ?? '')
  const card = bank.store.get('cards', method.id)
  const refused = typeof card?.charge === 'object' ? card.charge : card?.afterAuthentication
  if (refused === 'processing') return process(bank, intent, method.id)
  return refused ? decline(bank, intent, method, refused) : succeed(bank, intent, method.id)
}

/** The cardholder did not agree. Nothing was tried, so there is no charge. */
export function refusePayment(bank: Bank, intent: Intent): Intent {
  const method = paymentMethodOf(bank, idOf(intent.payment_method) ?? '')
  return fail(bank, intent, {
    type: 'invalid_request_error',
    code: 'payment_intent_authentication_failure',
    message: 'The cardholder was not authenticated. Confirm with a payment method again.',
    payment_method: method,
  })
}

const succeed = (bank: Bank, intent: Intent, method: string): Intent =>
  paidBy(bank, intent, attemptCharge(bank, intent, method, 'succeeded'))

function paidBy(bank: Bank, intent: Intent, charge: Stripe.Charge): Intent {
  const paid = changed(bank, intent, {
    status: 'succeeded',
    amount_received: intent.amount,
    latest_charge: charge.id,
    payment_method: charge.payment_method,
    last_payment_error: null,
    next_action: null,
  })
  bank.announce('payment_intent.succeeded', paid)
  return paid
}

const decline = (bank: Bank, intent: Intent, method: Stripe.PaymentMethod, why: Decline): Intent =>
  declinedBy(bank, intent, method, attemptCharge(bank, intent, method.id, why), why)

function declinedBy(
  bank: Bank,
  intent: Intent,
  method: Stripe.PaymentMethod,
  charge: Stripe.Charge,
  why: Decline,
): Intent {
  const message = sentenceOf(why)
  const error = { type: 'card_error' as const, message, ...why, charge: charge.id, payment_method: method }
  return fail(bank, { ...intent, latest_charge: charge.id }, error)
}

function fail(bank: Bank, intent: Intent, error: Intent['last_payment_error']): Intent {
  const failed = changed(bank, intent, {
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: error,
    next_action: null,
  })
  bank.announce('payment_intent.payment_failed', failed)
  return failed
}

function refusalOf(refused: Intent): StripeRefusal {
  const { type: _, message = '', code, ...fields } = refused.last_payment_error ?? {}
  return new StripeRefusal(402, 'card_error', code, message, {
    fields: { ...fields, payment_intent: refused },
  })
}
