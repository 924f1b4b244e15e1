import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { metadataOf, mergedMetadata } from './metadata.ts'
import { noSuch } from './errors.ts'

export function customerOf({ store }: Bank, id: string): Stripe.Customer {
  const found = store.get('customers', id)
  if (!found) throw noSuch('customer', id)
  return found
}

export const customerCalls: Calls = {
  'POST /v1/customers': (bank, _, params: Stripe.CustomerCreateParams): Stripe.Customer => {
    const customer: Stripe.Customer = {
      id: bank.store.id('cus'),
      object: 'customer',
      balance: 0,
      created: bank.store.now(),
      default_source: null,
      description: params.description ?? null,
      email: params.email ?? null,
      invoice_settings: {
        custom_fields: null,
        default_payment_method: null,
        footer: null,
        rendering_options: null,
      },
      livemode: false,
      metadata: metadataOf(params.metadata),
      shipping: null,
    }
    bank.store.put('customers', customer)
    return customer
  },

  'GET /v1/customers/{}': (bank, id): Stripe.Customer => customerOf(bank, id),

  'POST /v1/customers/{}': (bank, id, params: Stripe.CustomerUpdateParams): Stripe.Customer => {
    const customer = customerOf(bank, id)
    const changed: Stripe.Customer = {
      ...customer,
      ...(params.description !== undefined && { description: params.description || null }),
      ...(params.email !== undefined && { email: params.email || null }),
      metadata: mergedMetadata(customer.metadata, params.metadata),
    }
    bank.store.put('customers', changed)
    return changed
  },
}
