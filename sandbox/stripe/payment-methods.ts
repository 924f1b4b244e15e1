import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { type CardBehaviour, MAGIC_CARDS } from './cards.ts'
import { customerOf } from './customers.ts'
import { invalidRequest, noSuch, StripeRefusal } from './errors.ts'
import { listOf } from './lists.ts'

const NOTHING_KNOWN = { address: null, email: null, name: null, phone: null, tax_id: null }

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
    const behaviour = MAGIC_CARDS[id]
    if (!behaviour) throw noSuch('PaymentMethod', id)
    if (behaviour.save !== 'works') {
      const { code, ...fields } = behaviour.save
      throw new StripeRefusal(402, 'card_error', code, 'The card was declined when it was saved.', { fields })
    }
    return save(bank, customer.id, behaviour)
  },

  'POST /v1/payment_methods/{}/detach': (bank, id): Stripe.PaymentMethod => {
    const method = paymentMethodOf(bank, id)
    if (!method.customer)
      throw invalidRequest('payment_method_not_attached', 'The payment method is not attached to a customer.')
    const detached = { ...method, customer: null }
    bank.store.put('payment_methods', detached)
    return detached
  },
}

function save({ store }: Bank, customer: string, behaviour: CardBehaviour): Stripe.PaymentMethod {
  const method: Stripe.PaymentMethod = {
    id: store.id('pm'),
    object: 'payment_method',
    billing_details: NOTHING_KNOWN,
    card: {
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'DE',
      display_brand: 'visa',
      exp_month: 12,
      exp_year: 2034,
      funding: 'credit',
      generated_from: null,
      last4: behaviour.last4,
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: store.now(),
    customer,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  }
  store.put('payment_methods', method)
  store.put('cards', { id: method.id, ...behaviour })
  return method
}
