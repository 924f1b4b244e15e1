import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { noSuch } from './errors.ts'
import { listOf } from './lists.ts'

/** The fee of a European card: 1.5 % and 25 cents. */
const feeOf = (amount: number) => Math.round(amount * 0.015) + 25

export const balanceTransactionCalls: Calls = {
  'GET /v1/balance_transactions': ({ store }, _, params: Stripe.BalanceTransactionListParams) =>
    listOf(
      '/v1/balance_transactions',
      store.all('balance_transactions').filter(({ source }) => !params.source || source === params.source),
      params,
    ),

  'GET /v1/balance_transactions/{}': ({ store }, id): Stripe.BalanceTransaction => {
    const found = store.get('balance_transactions', id)
    if (!found) throw noSuch('balance transaction', id)
    return found
  },
}

/** Records money that enters or leaves the balance. A refund does not return the fee. */
export function book(
  { store }: Bank,
  {
    type,
    source,
    amount,
    currency,
  }: { type: 'charge' | 'refund' | 'refund_failure'; source: string; amount: number; currency: string },
): string {
  const fee = type === 'charge' ? feeOf(amount) : 0
  const transaction: Stripe.BalanceTransaction = {
    id: store.id('txn'),
    object: 'balance_transaction',
    amount,
    available_on: store.now() + 7 * 86_400,
    balance_type: 'payments',
    created: store.now(),
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee
      ? [{ amount: fee, application: null, currency, description: 'processing', type: 'stripe_fee' }]
      : [],
    net: amount - fee,
    reporting_category: type,
    source,
    status: 'pending',
    type,
  }
  store.put('balance_transactions', transaction)
  return transaction.id
}
