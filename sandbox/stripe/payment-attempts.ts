import type Stripe from 'stripe'
import type { Bank } from './bank.ts'
import { type Decline, GENERIC_DECLINE, sentenceOf } from './cards.ts'
import { attemptCharge } from './charges.ts'
import { invalidRequest, parameterFault, StripeRefusal } from './errors.ts'
import { changed, idOf, refuseIn, unexpectedState } from './intent-states.ts'
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

/** https://docs.stripe.com/payments/paymentintents/lifecycle */
export function confirm(bank: Bank, intent: Intent, params: Confirming): Intent {
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
  if (behaviour !== 'wants_authentication') throw refusalOf(decline(bank, intent, method, behaviour))
  if (params.off_session) throw refusalOf(decline(bank, intent, method, AUTHENTICATION_REQUIRED))
  return askHolder(bank, intent, id, params.return_url)
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

function decline(bank: Bank, intent: Intent, method: Stripe.PaymentMethod, why: Decline): Intent {
  const charge = attemptCharge(bank, intent, method.id, why)
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
