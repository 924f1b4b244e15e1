import type Stripe from 'stripe'
import { book } from './balance-transactions.ts'
import type { Bank, Calls } from './bank.ts'
import { type Decline, sentenceOf } from './cards.ts'
import { noSuch } from './errors.ts'
import { listOf } from './lists.ts'

export const chargeCalls: Calls = {
  'GET /v1/charges': ({ store }, _, params: Stripe.ChargeListParams) =>
    listOf(
      '/v1/charges',
      store
        .all('charges')
        .filter(({ customer }) => !params.customer || customer === params.customer)
        .filter(({ payment_intent }) => !params.payment_intent || payment_intent === params.payment_intent)
        .filter(({ transfer_group }) => !params.transfer_group || transfer_group === params.transfer_group),
      params,
    ),

  'GET /v1/charges/{}': (bank, id): Stripe.Charge => chargeOf(bank, id),
}

export function chargeOf({ store }: Bank, id: string): Stripe.Charge {
  const found = store.get('charges', id)
  if (!found) throw noSuch('charge', id)
  return found
}

type ChargeEnd = 'succeeded' | Decline

/** Ends a pending charge. */
export function endCharge(bank: Bank, charge: Stripe.Charge, end: ChargeEnd): Stripe.Charge {
  const ended = { ...charge, ...stateOf(bank, charge, end) }
  bank.store.put('charges', ended)
  bank.announce(end === 'succeeded' ? 'charge.succeeded' : 'charge.failed', ended)
  return ended
}

type ChargeState = Pick<
  Stripe.Charge,
  | 'amount_captured'
  | 'balance_transaction'
  | 'captured'
  | 'failure_code'
  | 'failure_message'
  | 'paid'
  | 'status'
>

function stateOf(
  bank: Bank,
  { id, amount, currency }: Pick<Stripe.Charge, 'id' | 'amount' | 'currency'>,
  end: ChargeEnd | 'pending',
): ChargeState {
  const isPaid = end === 'succeeded'
  const refused = typeof end === 'object' ? end : undefined
  return {
    amount_captured: isPaid ? amount : 0,
    balance_transaction: isPaid ? book(bank, { type: 'charge', source: id, amount, currency }) : null,
    captured: isPaid,
    failure_code: refused?.code ?? null,
    failure_message: refused ? sentenceOf(refused) : null,
    paid: isPaid,
    status: refused ? 'failed' : (end as 'succeeded' | 'pending'),
  }
}

/** Records one attempt to charge a PaymentIntent. */
export function attemptCharge(
  bank: Bank,
  intent: Stripe.PaymentIntent,
  method: string,
  end: ChargeEnd | 'pending',
): Stripe.Charge {
  const { store } = bank
  const id = store.id('ch')
  const { amount, currency } = intent
  const charge: Stripe.Charge = {
    id,
    object: 'charge',
    amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'PACKAGENTO',
    created: store.now(),
    currency,
    customer: intent.customer,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    fraud_details: null,
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    payment_intent: intent.id,
    payment_method: method,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    transfer_data: null,
    transfer_group: intent.transfer_group,
    ...stateOf(bank, { id, amount, currency }, end),
  }
  store.put('charges', charge)
  const said = { succeeded: 'charge.succeeded', pending: 'charge.pending', failed: 'charge.failed' } as const
  bank.announce(said[charge.status as keyof typeof said], charge)
  return charge
}
