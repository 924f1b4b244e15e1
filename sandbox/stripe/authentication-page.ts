import type Stripe from 'stripe'
import { moneyText } from '../../src/kernel/money.ts'
import type { Bank } from './bank.ts'
import { approveSetup, refuseSetup } from './card-setup.ts'
import { expireOverdue, sessionOfSetup } from './checkout-sessions.ts'
import { noSuch } from './errors.ts'
import { escape, MERCHANT, notice, type PageAnswer } from './html.ts'
import { idOf } from './intent-states.ts'
import { approvePayment, refusePayment } from './payment-attempts.ts'

type Intent = Stripe.PaymentIntent | Stripe.SetupIntent

/** `GET /3ds/:intent`: the bank's question to its cardholder, for a payment or for a card that is saved. */
export function showAuthenticationPage(bank: Bank, id: string): PageAnswer {
  const intent = intentOf(bank, id)
  return intent.status === 'requires_action' ? question(bank, intent) : over(bank, intent)
}

/** `POST /3ds/:intent` with `decision`: `approve` or `refuse`. */
export function submitAuthenticationPage(bank: Bank, id: string, sent: Record<string, unknown>): PageAnswer {
  const intent = intentOf(bank, id)
  if (intent.status !== 'requires_action') return over(bank, intent)
  if (sent.decision !== 'approve' && sent.decision !== 'refuse') return question(bank, intent, 400)
  const agrees = sent.decision === 'approve'
  if (intent.object === 'setup_intent')
    return { to: agrees ? approveSetup(bank, intent) : refuseSetup(bank, intent) }
  return { to: returnTo(bank, agrees ? approvePayment(bank, intent) : refusePayment(bank, intent)) }
}

function intentOf(bank: Bank, id: string): Intent {
  expireOverdue(bank)
  const found = bank.store.get('payment_intents', id) ?? bank.store.get('setup_intents', id)
  if (!found) throw noSuch('payment_intent', id)
  return found
}

/** The return URL of the confirmation, with the parameters that Stripe adds. The shop must not trust them. */
function returnTo({ store, origin }: Bank, intent: Stripe.PaymentIntent): string {
  const url = new URL(store.get('returns', intent.id)?.url ?? origin)
  url.searchParams.set('payment_intent', intent.id)
  url.searchParams.set('payment_intent_client_secret', intent.client_secret ?? '')
  url.searchParams.set('redirect_status', intent.status === 'succeeded' ? 'succeeded' : 'failed')
  return url.href
}

function question({ store }: Bank, intent: Intent, status = 200): PageAnswer {
  const last4 = store.get('payment_methods', idOf(intent.payment_method) ?? '')?.card?.last4 ?? ''
  const isPayment = intent.object === 'payment_intent'
  const title = isPayment ? 'Do you agree to this payment?' : 'Do you agree to save this card?'
  const amount = isPayment ? amountOf(intent) : 'Nothing now'
  return {
    status,
    title: `${title} – Sandbox Bank`,
    main: `<div class="panel narrow"><p class="soft">Sandbox Bank</p><h1>${title}</h1>
<dl><dt>Merchant</dt><dd>${MERCHANT}</dd><dt>Amount</dt><dd>${amount}</dd><dt>Card</dt><dd>•••• ${escape(last4)}</dd></dl>
<form method="post" action="/3ds/${escape(intent.id)}">
<button name="decision" value="approve">Approve</button>
<button class="second" name="decision" value="refuse">Refuse</button>
</form></div>`,
  }
}

const amountOf = ({ amount, currency }: Stripe.PaymentIntent) =>
  escape(moneyText({ amountMinor: amount, currency: currency.toUpperCase() }))

const REASONS: Partial<Record<string, string>> = {
  succeeded: 'it is approved already',
  canceled: 'it was cancelled',
  requires_payment_method: 'it was refused or has failed',
}

function over(bank: Bank, intent: Intent): PageAnswer {
  const what = intent.object === 'payment_intent' ? 'payment' : 'card'
  const why = REASONS[intent.status] ?? 'nothing was asked'
  const session = intent.object === 'setup_intent' ? sessionOfSetup(bank, intent) : undefined
  const back = bank.store.get('returns', intent.id)?.url ?? session?.url ?? session?.cancel_url
  return notice('Nothing to answer', `This ${what} is not waiting for you any more: ${why}.`, { back })
}
