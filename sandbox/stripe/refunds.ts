import type Stripe from 'stripe'
import { book } from './balance-transactions.ts'
import type { Bank, Calls } from './bank.ts'
import { chargeOf } from './charges.ts'
import { refuseStep } from './currencies.ts'
import { invalidRequest, noSuch } from './errors.ts'
import { idOf } from './intent-states.ts'
import { listOf } from './lists.ts'
import { metadataOf } from './metadata.ts'
import { comesLater } from './outcomes.ts'

export const refundCalls: Calls = {
  'GET /v1/refunds': ({ store }, _, params: Stripe.RefundListParams) =>
    listOf(
      '/v1/refunds',
      store
        .all('refunds')
        .filter(({ charge }) => !params.charge || charge === params.charge)
        .filter(({ payment_intent }) => !params.payment_intent || payment_intent === params.payment_intent),
      params,
    ),

  'GET /v1/refunds/{}': ({ store }, id): Stripe.Refund => {
    const found = store.get('refunds', id)
    if (!found) throw noSuch('refund', id)
    return found
  },

  'POST /v1/refunds': (bank, _, params: Stripe.RefundCreateParams): Stripe.Refund => {
    const charge = refundable(bank, params)
    const left = charge.amount_captured - charge.amount_refunded
    if (left <= 0) throw invalidRequest('charge_already_refunded', 'The charge is already refunded.')
    const amount = params.amount ?? left
    if (amount > left || amount < 1)
      throw invalidRequest('amount_too_large', 'The refund is larger than what is left.', { param: 'amount' })
    refuseStep(amount, charge.currency)
    const behaviour = bank.forced?.refund ?? bank.store.get('cards', charge.payment_method ?? '')?.refund
    const refund = newRefund(bank, charge, amount, params)
    const begun: Stripe.Refund =
      behaviour === 'pending' ? { ...refund, status: 'pending', pending_reason: 'processing' } : refund
    bank.store.put('refunds', begun)
    if (behaviour) comesLater(bank, begun.id, behaviour === 'pending' ? 'succeeded' : 'failed')
    bank.announce('charge.refunded', countRefunded(bank, charge, amount))
    bank.announce('refund.created', begun)
    return begun
  },
}

/**
 * Ends a pending refund, or fails one that had succeeded: https://docs.stripe.com/refunds#failed-refunds. The money of a
 * failed one is on our balance again, and the charge counts as not refunded.
 */
export function endRefund(bank: Bank, id: string, ends: 'succeeded' | 'failed'): Stripe.Refund {
  const refund = bank.store.get('refunds', id)
  if (!refund) throw noSuch('refund', id)
  if (refund.status !== 'pending' && !(refund.status === 'succeeded' && ends === 'failed'))
    throw invalidRequest(undefined, `The refund is ${refund.status}; it cannot become ${ends}.`)
  const { pending_reason: _, ...ended } = refund
  const { amount, currency } = refund
  const after: Stripe.Refund =
    ends === 'succeeded'
      ? { ...ended, status: ends }
      : {
          ...ended,
          status: ends,
          failure_reason: 'unknown',
          failure_balance_transaction: book(bank, { type: 'refund_failure', source: id, amount, currency }),
        }
  bank.store.put('refunds', after)
  bank.store.drop('outcomes', id)
  if (ends === 'failed') {
    countRefunded(bank, chargeOf(bank, idOf(refund.charge) ?? ''), -amount)
    bank.announce('refund.failed', after)
  }
  bank.announce('refund.updated', after)
  return after
}

function countRefunded(bank: Bank, charge: Stripe.Charge, amount: number): Stripe.Charge {
  const amount_refunded = charge.amount_refunded + amount
  const after = { ...charge, amount_refunded, refunded: amount_refunded === charge.amount }
  bank.store.put('charges', after)
  return after
}

function refundable(bank: Bank, { charge, payment_intent }: Stripe.RefundCreateParams): Stripe.Charge {
  if (charge) return chargeOf(bank, charge)
  const intent = bank.store.get('payment_intents', payment_intent ?? '')
  if (!intent) throw noSuch('payment_intent', payment_intent ?? '')
  if (intent.status !== 'succeeded' || typeof intent.latest_charge !== 'string')
    throw invalidRequest('payment_intent_unexpected_state', 'There is no money to refund.')
  return chargeOf(bank, intent.latest_charge)
}

function newRefund(
  bank: Bank,
  charge: Stripe.Charge,
  amount: number,
  { metadata, reason }: Stripe.RefundCreateParams,
): Stripe.Refund {
  const id = bank.store.id('re')
  const { currency } = charge
  return {
    id,
    object: 'refund',
    amount,
    balance_transaction: book(bank, { type: 'refund', source: id, amount: -amount, currency }),
    charge: charge.id,
    created: bank.store.now(),
    currency,
    customer: charge.customer,
    customer_account: null,
    metadata: metadataOf(metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'succeeded',
    transfer_reversal: null,
  }
}
