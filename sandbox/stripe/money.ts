import type { Store } from './store.ts'

export interface IntentMoney {
  payment_intent: string
  status: string
  customer: unknown
  order_id: string | undefined
  charge_id: string | undefined
  transfer_group: string | null
  currency: string
  succeeded_charges: number
  failed_charges: number
  captured: number
  refunded: number
  net: number
}

export interface MoneyReport {
  intents: IntentMoney[]
  totals: { succeeded_charges: number; captured: number; refunded: number; net: number; open_intents: number }
}

/** Returns what really happened to the money, by PaymentIntent. Tests check every purchase against it. */
export function moneyIn(store: Store): MoneyReport {
  const charges = store.all('charges')
  const intents = store.all('payment_intents').map((intent) => {
    const own = charges.filter(({ payment_intent }) => payment_intent === intent.id)
    const succeeded = own.filter(({ status }) => status === 'succeeded')
    const captured = sum(succeeded.map(({ amount_captured }) => amount_captured))
    const refunded = sum(succeeded.map(({ amount_refunded }) => amount_refunded))
    return {
      payment_intent: intent.id,
      status: intent.status,
      customer: intent.customer,
      order_id: intent.metadata.order_id,
      charge_id: intent.metadata.charge_id,
      transfer_group: intent.transfer_group,
      currency: intent.currency,
      succeeded_charges: succeeded.length,
      failed_charges: own.filter(({ status }) => status === 'failed').length,
      captured,
      refunded,
      net: captured - refunded,
    }
  })
  return {
    intents,
    totals: {
      succeeded_charges: sum(intents.map((intent) => intent.succeeded_charges)),
      captured: sum(intents.map((intent) => intent.captured)),
      refunded: sum(intents.map((intent) => intent.refunded)),
      net: sum(intents.map((intent) => intent.net)),
      open_intents: intents.filter(({ status }) => status !== 'succeeded' && status !== 'canceled').length,
    },
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)
