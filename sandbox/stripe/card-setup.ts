import type Stripe from 'stripe'
import type { Bank } from './bank.ts'
import { type Decline, sentenceOf, type TestCard } from './cards.ts'
import { completeSession, sessionOfSetup } from './checkout-sessions.ts'
import { noSuch } from './errors.ts'
import { idOf } from './intent-states.ts'
import { attach, type Expiry, newPaymentMethod, paymentMethodOf } from './payment-methods.ts'
import { moveSetup } from './setup-intents.ts'

type Session = Stripe.Checkout.Session
type Setup = Stripe.SetupIntent

/** Saves a card that somebody typed. Returns the next URL, or the sentence of a refusal. */
export function setUpCard(
  bank: Bank,
  session: Session,
  card: TestCard,
  expiry: Expiry,
): { to: string } | { refused: string } {
  const setup = setupOf(bank, session)
  if (typeof card.save === 'object') return { refused: decline(bank, setup, card.save) }
  const method = newPaymentMethod(bank, card, expiry)
  if (card.save === 'works') return { to: save(bank, setup, session, method) }
  const url = `${bank.origin}/3ds/${setup.id}`
  moveSetup(bank, setup, 'setup_intent.requires_action', {
    status: 'requires_action',
    payment_method: method.id,
    last_setup_error: null,
    next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: session.url, url } },
  })
  return { to: url }
}

/** The cardholder agreed. Returns the next URL. */
export function approveSetup(bank: Bank, setup: Setup): string {
  const session = sessionOfSetup(bank, setup)
  if (!session) throw noSuch('checkout.session', setup.id)
  return save(bank, setup, session, paymentMethodOf(bank, idOf(setup.payment_method) ?? ''))
}

/** The cardholder did not agree. Returns the URL of the card page, which shows the refusal. */
export function refuseSetup(bank: Bank, setup: Setup): string {
  const error: Setup['last_setup_error'] = {
    type: 'invalid_request_error',
    code: 'setup_intent_authentication_failure',
    message: 'Your bank could not confirm that it was you. Try again or use another card.',
  }
  fail(bank, setup, error)
  return sessionOfSetup(bank, setup)?.url ?? bank.origin
}

export function setupOf({ store }: Bank, session: Session): Setup {
  const id = idOf(session.setup_intent) ?? ''
  const setup = store.get('setup_intents', id)
  if (!setup) throw noSuch('setupintent', id)
  return setup
}

/** https://docs.stripe.com/payments/checkout/custom-success-page: only this spelling of the placeholder counts. */
export const successUrlOf = ({ success_url, id }: Session): string =>
  (success_url ?? '').replaceAll('{CHECKOUT_SESSION_ID}', id)

function save(bank: Bank, setup: Setup, session: Session, method: Stripe.PaymentMethod): string {
  attach(bank, method, idOf(session.customer) ?? '')
  moveSetup(bank, setup, 'setup_intent.succeeded', {
    status: 'succeeded',
    payment_method: method.id,
    last_setup_error: null,
    next_action: null,
  })
  return successUrlOf(completeSession(bank, session))
}

function decline(bank: Bank, setup: Setup, why: Decline): string {
  const message = sentenceOf(why)
  fail(bank, setup, { type: 'card_error', message, ...why } as Setup['last_setup_error'])
  return message
}

function fail(bank: Bank, setup: Setup, error: Setup['last_setup_error']): void {
  moveSetup(bank, setup, 'setup_intent.setup_failed', {
    status: 'requires_payment_method',
    payment_method: null,
    last_setup_error: error,
    next_action: null,
  })
}
