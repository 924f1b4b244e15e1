import Stripe from 'stripe'
import { type Calls, hasCode, keysOf, within } from './payment-calls.ts'
import { noteKeyAccepted } from './payment-answers.ts'
import { cardCalls } from './payment-cards.ts'
import { intentCalls } from './payment-intents.ts'
import { earlierCalls } from './payment-earlier.ts'
import { statementCalls } from './payment-statement.ts'
import type { Payments, Refund } from './payment-types.ts'
import { timeLeft } from './deadline.ts'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider } from './payment-errors.ts'

export * from './payment-errors.ts'
export type * from './payment-types.ts'

export interface PaymentsOptions {
  secretKey: string
  /** URL of a stand-in. Without it, calls go to the real provider. */
  apiBase?: string
  /** The first part of every idempotency key. Also in metadata, so that we recognise our own events. Must never change. */
  deployment: string
  /** Timeout of an idle socket, in ms. A whole call may take a quarter longer. */
  timeoutMs?: number
}

export function openPayments({
  secretKey,
  apiBase,
  deployment,
  timeoutMs = 20_000,
}: PaymentsOptions): Payments {
  const stripe = new Stripe(secretKey, {
    apiVersion: '2026-10-28.endive',
    telemetry: false,
    maxNetworkRetries: 0, // Temporal retries
    timeout: timeoutMs,
    ...(apiBase && hostOf(apiBase)),
  })
  const calls: Calls = {
    stripe,
    deployment,
    key: keysOf(deployment),
    async ask(call) {
      const answer = await within(call, timeLeft(timeoutMs * 1.25))
      noteKeyAccepted()
      return answer
    },
  }
  const livemode = /^(sk|rk)_live_/.test(secretKey)
  const isUnknown = (error: unknown) => error instanceof PaymentOutcomeUnknown
  const isStored = (error: unknown) =>
    error instanceof PaymentRefusedByProvider || (error instanceof PaymentOutcomeUnknown && error.isStored)
  return {
    livemode,
    isUnknown,
    isStored,
    ...cardCalls(calls),
    ...intentCalls(calls),
    ...refundCalls(calls),
    ...earlierCalls(calls),
    ...statementCalls(calls),
  }
}

const refundCalls = ({ stripe, deployment, key, ask }: Calls) =>
  ({
    async listRefunds(intentId) {
      const { data } = await ask(stripe.refunds.list({ payment_intent: intentId, limit: 100 }))
      return data.map(asRefund)
    },
    async createRefund({ id, charge, amountMinor, n = 1 }) {
      const metadata = { charge_id: charge, deployment, n: String(n) }
      const refund = { payment_intent: id, amount: amountMinor, metadata }
      try {
        return asRefund(await ask(stripe.refunds.create(refund, key(charge, 'refund', n))))
      } catch (e) {
        if (hasCode(e, 'charge_already_refunded')) return 'already_refunded'
        throw e
      }
    },
  }) satisfies Partial<Payments>

function hostOf(apiBase: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const { hostname, port, protocol } = new URL(apiBase)
  return { host: hostname, port, protocol: protocol === 'http:' ? 'http' : 'https' }
}

const asRefund = ({ id, status, amount, currency, metadata }: Stripe.Refund): Refund => ({
  id,
  n: Number(metadata?.n ?? 0),
  status: status ?? 'pending',
  amountMinor: amount,
  currency: currency.toUpperCase(),
})
