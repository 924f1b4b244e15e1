import type Stripe from 'stripe'
import type { Calls } from './bank.ts'
import { noSuch } from './errors.ts'
import { listOf } from './lists.ts'

export const eventCalls: Calls = {
  'GET /v1/events': ({ store }, _, params: Stripe.EventListParams) => {
    const wanted = params.types ?? (params.type ? [params.type] : undefined)
    const events = store.all('events').filter(({ type }) => !wanted || wanted.includes(type))
    return listOf('/v1/events', events, params)
  },

  'GET /v1/events/{}': ({ store }, id): Stripe.Event => {
    const found = store.get('events', id)
    if (!found) throw noSuch('event', id)
    return found
  },
}
