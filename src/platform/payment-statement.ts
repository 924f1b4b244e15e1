import type Stripe from 'stripe'
import { type Calls, idOf } from './payment-calls.ts'
import type { StatedPayment } from '#kernel/stated-payment'
import type { Payments } from './payment-types.ts'

/** Refunds with these statuses gave nothing back. */
const NOT_RETURNED = ['failed', 'canceled']

/** Lists all payments of this deployment with their money. Each page of 100 has a time limit of its own. */
export const statementCalls = ({ stripe, deployment, ask }: Calls) =>
  ({
    async statement() {
      // payments first: a charge that is listed belongs to a payment that was listed
      const intents = await all((page) => ask(stripe.paymentIntents.list(page)))
      const refunds = await all((page) => ask(stripe.refunds.list(page)))
      const charges = await all((page) => ask(stripe.charges.list(page)))
      const [chargesOf, refundsOf] = [Map.groupBy(charges, intentOf), Map.groupBy(refunds, intentOf)]
      return intents
        .filter(({ metadata }) => metadata.deployment === deployment)
        .map((intent) => stated(intent, chargesOf.get(intent.id), refundsOf.get(intent.id)))
    },
  }) satisfies Partial<Payments>

const intentOf = ({ payment_intent: intent }: Stripe.Charge | Stripe.Refund) => idOf(intent)

async function all<T extends { id: string }>(
  list: (page: { limit: number; starting_after?: string }) => Promise<{ data: T[]; has_more: boolean }>,
): Promise<T[]> {
  const found: T[] = []
  for (;;) {
    const last = found.at(-1)
    const { data, has_more } = await list({ limit: 100, ...(last && { starting_after: last.id }) })
    found.push(...data)
    if (!has_more || !data.length) return found
  }
}

function stated(
  intent: Stripe.PaymentIntent,
  charges: readonly Stripe.Charge[] = [],
  refunds: readonly Stripe.Refund[] = [],
): StatedPayment {
  return {
    id: intent.id,
    status: intent.status,
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    customer: idOf(intent.customer),
    transferGroup: intent.transfer_group ?? undefined,
    metadata: intent.metadata,
    charges: charges
      .filter(({ status }) => status === 'succeeded')
      .map(({ id, amount_captured: amountMinor }) => ({ id, amountMinor })),
    refunds: refunds
      .filter(({ status }) => !NOT_RETURNED.includes(status ?? ''))
      .map(({ id, amount: amountMinor }) => ({ id, amountMinor })),
  }
}
