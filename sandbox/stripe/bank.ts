import type Stripe from 'stripe'
import type { Forced } from './faults.ts'
import type { Store } from './store.ts'

/** What a call may use. */
export interface Bank {
  store: Store
  /** Records an event and sends it to the webhook endpoints. */
  announce: (type: Stripe.Event['type'], object: Stripe.Event.Data.Object) => void
  /** A behaviour from `/_sim/next` that replaces the card's own for this request. */
  forced: Forced | undefined
  /** Origin of this server, for pages it links to. */
  origin: string
}

/** `id` is empty for a call without one; `params` have passed the schema. */
export type Call = (bank: Bank, id: string, params: never) => unknown
export type Calls = Record<string, Call>
