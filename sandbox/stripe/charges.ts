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

/** Records one attempt to charge a PaymentIntent. It fails with `refused`, or else succeeds. */
export function attemptCharge(
  bank: Bank,
  intent: Stripe.PaymentIntent,
  method: string,
  refused?: Decline,
): Stripe.Charge {
  const { store } = bank
  const id = store.id('ch')
  const { amount, currency } = intent
  const charge: Stripe.Charge = {
    id,
    object: 'charge',
    amount,
    amount_captured: refused ? 0 : amount,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: refused ? null : book(bank, { type: 'charge', source: id, amount, currency }),
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'PACKAGENTO',
    captured: !refused,
    created: store.now(),
    currency,
    customer: intent.customer,
    description: null,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: refused?.code ?? null,
    failure_message: refused ? sentenceOf(refused) : null,
    fraud_details: null,
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: !refused,
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
    status: refused ? 'failed' : 'succeeded',
    transfer_data: null,
    transfer_group: intent.transfer_group,
  }
  store.put('charges', charge)
  bank.announce(refused ? 'charge.failed' : 'charge.succeeded', charge)
  return charge
}
