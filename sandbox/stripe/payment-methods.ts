import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { type CardBehaviour, sentenceOf, TEST_CARDS } from './cards.ts'
import { customerOf } from './customers.ts'
import { invalidRequest, noSuch, StripeRefusal } from './errors.ts'
import { listOf } from './lists.ts'

const NOTHING_KNOWN = { address: null, email: null, name: null, phone: null, tax_id: null }
const MAGIC_EXPIRY: Expiry = { month: 12, year: 2034 }

export interface Expiry {
  month: number
  /** All four digits. */
  year: number
}

export function paymentMethodOf({ store }: Bank, id: string): Stripe.PaymentMethod {
  const found = store.get('payment_methods', id)
  if (!found) throw noSuch('PaymentMethod', id)
  return found
}

export const paymentMethodCalls: Calls = {
  'GET /v1/payment_methods': (bank, _, params: Stripe.PaymentMethodListParams) =>
    listOf(
      '/v1/payment_methods',
      bank.store.all('payment_methods').filter(({ customer }) => customer === params.customer),
      params,
    ),

  'GET /v1/payment_methods/{}': (bank, id): Stripe.PaymentMethod => paymentMethodOf(bank, id),

  'POST /v1/payment_methods/{}/attach': (bank, id, params: Stripe.PaymentMethodAttachParams) => {
    const customer = customerOf(bank, params.customer ?? '')
    const card = TEST_CARDS.find(({ magicId }) => magicId === id)
    if (!card) throw noSuch('PaymentMethod', id)
    if (typeof card.save === 'object') {
      const { code, ...fields } = card.save
      throw new StripeRefusal(402, 'card_error', code, sentenceOf(card.save), { fields })
    }
    return attach(bank, newPaymentMethod(bank, card), customer.id)
  },

  'POST /v1/payment_methods/{}/detach': (bank, id): Stripe.PaymentMethod => {
    const method = paymentMethodOf(bank, id)
    if (!method.customer)
      throw invalidRequest('payment_method_not_attached', 'The payment method is not attached to a customer.')
    const detached = { ...method, customer: null }
    bank.store.put('payment_methods', detached)
    bank.announce('payment_method.detached', detached)
    return detached
  },
}

export function attach(bank: Bank, method: Stripe.PaymentMethod, customer: string): Stripe.PaymentMethod {
  const attached = { ...method, customer }
  bank.store.put('payment_methods', attached)
  bank.announce('payment_method.attached', attached)
  return attached
}

/** Makes a payment method that has no customer yet. */
export function newPaymentMethod(
  { store }: Bank,
  { last4, save, charge, afterAuthentication, refund }: CardBehaviour,
  { month, year }: Expiry = MAGIC_EXPIRY,
): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    id: store.id('pm'),
    object: 'payment_method',
    billing_details: NOTHING_KNOWN,
    card: {
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'DE',
      display_brand: 'visa',
      exp_month: month,
      exp_year: year,
      funding: 'credit',
      generated_from: null,
      last4,
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: store.now(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  store.put('payment_methods', method)
  store.put('cards', { id: method.id, last4, save, charge, afterAuthentication, refund })
  return method
}
