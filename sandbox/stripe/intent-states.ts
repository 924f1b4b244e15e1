import type Stripe from 'stripe'
import type { Bank } from './bank.ts'
import { invalidRequest, noSuch } from './errors.ts'

type Intent = Stripe.PaymentIntent

export function intentOf({ store }: Bank, id: string): Intent {
  const found = store.get('payment_intents', id)
  if (!found) throw noSuch('payment_intent', id)
  return found
}

export function changed(bank: Bank, intent: Intent, change: Partial<Intent>): Intent {
  const next = { ...intent, ...change }
  bank.store.put('payment_intents', next)
  return next
}

export function refuseIn(intent: Intent, states: ReadonlyArray<Intent['status']>): void {
  if (states.includes(intent.status))
    throw unexpectedState(intent, `The PaymentIntent is ${intent.status}, so this is not possible.`)
}

export const unexpectedState = (intent: Intent, message: string) =>
  invalidRequest('payment_intent_unexpected_state', message, { payment_intent: intent })

export const idOf = (ref: string | { id: string } | null | undefined) =>
  typeof ref === 'string' ? ref : ref?.id
