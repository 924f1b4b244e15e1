import type Stripe from 'stripe'
import type { Bank, Calls } from './bank.ts'
import { noSuch } from './errors.ts'
import { listOf } from './lists.ts'
import { metadataOf } from './metadata.ts'

/** Removes the secret: only the answer that creates an endpoint contains it. */
function withoutSecret(endpoint: Stripe.WebhookEndpoint): Stripe.WebhookEndpoint {
  const shown = { ...endpoint }
  delete shown.secret
  return shown
}

function endpointOf({ store }: Bank, id: string): Stripe.WebhookEndpoint {
  const found = store.get('webhook_endpoints', id)
  if (!found) throw noSuch('webhook endpoint', id)
  return found
}

export const webhookEndpointCalls: Calls = {
  'GET /v1/webhook_endpoints': ({ store }, _, params: Stripe.WebhookEndpointListParams) =>
    listOf('/v1/webhook_endpoints', store.all('webhook_endpoints').map(withoutSecret), params),

  'POST /v1/webhook_endpoints': ({ store }, _, params: Stripe.WebhookEndpointCreateParams) => {
    const endpoint: Stripe.WebhookEndpoint = {
      id: store.id('we'),
      object: 'webhook_endpoint',
      api_version: params.api_version ?? null,
      application: null,
      created: store.now(),
      description: params.description || null,
      enabled_events: params.enabled_events,
      livemode: false,
      metadata: metadataOf(params.metadata),
      secret: store.id('whsec'),
      status: 'enabled',
      url: params.url,
    }
    store.put('webhook_endpoints', endpoint)
    return endpoint
  },

  'GET /v1/webhook_endpoints/{}': (bank, id) => withoutSecret(endpointOf(bank, id)),

  'POST /v1/webhook_endpoints/{}': (bank, id, params: Stripe.WebhookEndpointUpdateParams) => {
    const endpoint = endpointOf(bank, id)
    const changed = {
      ...endpoint,
      ...(params.url && { url: params.url }),
      ...(params.enabled_events && { enabled_events: params.enabled_events }),
      ...(params.disabled !== undefined && { status: params.disabled ? 'disabled' : 'enabled' }),
    }
    bank.store.put('webhook_endpoints', changed)
    return withoutSecret(changed)
  },

  'DELETE /v1/webhook_endpoints/{}': (bank, id) => {
    endpointOf(bank, id)
    bank.store.drop('webhook_endpoints', id)
    return { id, object: 'webhook_endpoint', deleted: true }
  },
}
