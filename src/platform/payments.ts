import Stripe from 'stripe'
import { type Calls, hasCode, within } from './payment-calls.ts'
import { cardCalls } from './payment-cards.ts'
import { intentCalls } from './payment-intents.ts'
import type { Payments, Refund } from './payment-types.ts'
import { timeLeft } from './deadline.ts'
import { readEvent } from './payment-webhooks.ts'

export * from './payment-errors.ts'
export type * from './payment-types.ts'

export interface PaymentsOptions {
  secretKey: string
  /** Of a stand-in; without it the real provider is asked. */
  apiBase?: string
  /** Written into metadata, to tell our events from others'. */
  deployment: string
  /** Of an idle socket; the whole call gets a quarter more. */
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
  const calls: Calls = { stripe, deployment, ask: (call) => within(call, timeLeft(timeoutMs * 1.25)) }
  const livemode = /^(sk|rk)_live_/.test(secretKey)
  return { livemode, ...cardCalls(calls), ...intentCalls(calls), ...refundCalls(calls), readEvent }
}

const refundCalls = ({ stripe, deployment, ask }: Calls) =>
  ({
    async listRefunds(intentId) {
      const { data } = await ask(stripe.refunds.list({ payment_intent: intentId, limit: 100 }))
      return data.map(asRefund)
    },
    async createRefund({ intentId, amountMinor, metadata }, idempotencyKey) {
      const refund = { payment_intent: intentId, amount: amountMinor, metadata: { ...metadata, deployment } }
      try {
        return asRefund(await ask(stripe.refunds.create(refund, { idempotencyKey })))
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

const asRefund = ({ id, status, amount, currency }: Stripe.Refund): Refund => ({
  id,
  status: status ?? 'pending',
  amountMinor: amount,
  currency: currency.toUpperCase(),
})
