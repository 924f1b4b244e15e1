import Stripe from 'stripe'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider, PaymentsMisconfigured } from './payment-errors.ts'
import {
  type Card,
  type ConfirmAnswer,
  type Intent,
  INTENT_STATUSES,
  type Payments,
  type Refund,
} from './payment-types.ts'

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

const FIND_SLACK_SECONDS = 300

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
  const calls: Calls = { stripe, deployment, ask: (call) => within(call, timeoutMs * 1.25) }
  return { ...cardCalls(calls), ...intentCalls(calls), ...refundCalls(calls) }
}

interface Calls {
  stripe: Stripe
  deployment: string
  ask: <T>(call: Promise<T>) => Promise<T>
}

const cardCalls = ({ stripe, deployment, ask }: Calls) =>
  ({
    async createCustomer({ orgId, key: idempotencyKey }) {
      const metadata = { org_id: orgId, deployment }
      const customer = await ask(stripe.customers.create({ metadata }, { idempotencyKey }))
      return customer.id
    },
    async attachCard({ customer, paymentMethod, key: idempotencyKey }) {
      return asCard(await ask(stripe.paymentMethods.attach(paymentMethod, { customer }, { idempotencyKey })))
    },
  }) satisfies Partial<Payments>

const intentCalls = ({ stripe, deployment, ask }: Calls) =>
  ({
    async findIntent({ customer, chargeId, since }) {
      const gte = Math.floor(since.getTime() / 1000) - FIND_SLACK_SECONDS
      const pages = stripe.paymentIntents.list({ customer, created: { gte }, limit: 100 })
      const found = await ask(firstOf(pages, ({ metadata }) => metadata.charge_id === chargeId))
      return found && asIntent(found)
    },
    async createIntent({ amountMinor, currency, customer, transferGroup, metadata }, idempotencyKey) {
      const intent = {
        amount: amountMinor,
        currency: currency.toLowerCase(),
        customer,
        transfer_group: transferGroup,
        allowed_payment_method_types: ['card' as const],
        metadata: { ...metadata, deployment },
      }
      return asIntent(await ask(stripe.paymentIntents.create(intent, { idempotencyKey })))
    },
    async getIntent(id) {
      return asIntent(await ask(stripe.paymentIntents.retrieve(id)))
    },
    async confirmIntent(id, { paymentMethod, usage }, idempotencyKey) {
      const how = {
        payment_method: paymentMethod,
        off_session: true,
        payment_method_options: { card: { stored_credential_usage: usage } },
      }
      try {
        const intent = await ask(stripe.paymentIntents.confirm(id, how, { idempotencyKey }))
        return { kind: 'intent', intent: asIntent(intent) }
      } catch (e) {
        if (e instanceof CardError) return e.answer
        throw e
      }
    },
    async cancelIntent(id, idempotencyKey) {
      try {
        return asIntent(await ask(stripe.paymentIntents.cancel(id, {}, { idempotencyKey })))
      } catch (e) {
        if (hasCode(e, 'payment_intent_unexpected_state')) return 'not_cancelable'
        throw e
      }
    },
  }) satisfies Partial<Payments>

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

const hasCode = (e: unknown, code: string) => e instanceof PaymentRefusedByProvider && e.code === code

/** The answer to a 402 is a value of the one call that charges, and a bug anywhere else. */
class CardError extends Error {
  readonly answer: Exclude<ConfirmAnswer, { kind: 'intent' }>

  constructor(answer: CardError['answer']) {
    super(`The card was refused: ${answer.kind}.`)
    this.answer = answer
  }
}

/** Bounds a call as a whole: the SDK's timeout is that of an idle socket, which a trickling body outlives. */
async function within<T>(call: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PaymentOutcomeUnknown('The payment provider gave no answer in time.')),
      ms,
    )
  })
  try {
    return await Promise.race([call, late])
  } catch (e) {
    throw classified(e)
  } finally {
    clearTimeout(timer)
  }
}

/** One table for all answers, by status and not by class: a 409 in flight has a surprising one. */
function classified(e: unknown): unknown {
  if (!(e instanceof Stripe.errors.StripeError)) return e
  const { statusCode: status, requestId = 'no request id', headers } = e
  if (status === 402) return new CardError(answerOf(e))
  if (status === 400 || status === 404) return new PaymentRefusedByProvider(e.code ?? e.type, requestId)
  if (status === 401 || status === 403) return new PaymentsMisconfigured(status, requestId)
  const retryAfter = Number(headers?.['retry-after'])
  return new PaymentOutcomeUnknown(
    `The payment provider did not say what came of it: ${status ?? 'no answer'}.`,
    {
      ...(status && { status }),
      ...(status === 429 && retryAfter > 0 && { retryAfterMs: retryAfter * 1000 }),
    },
  )
}

function answerOf({ code, decline_code, advice_code }: Stripe.errors.StripeError): CardError['answer'] {
  if (code === 'authentication_required') return { kind: 'authentication_required' }
  return {
    kind: 'declined',
    code: code ?? 'card_declined',
    declineCode: decline_code,
    adviceCode: advice_code,
  }
}

async function firstOf<T>(pages: AsyncIterable<T>, wanted: (item: T) => boolean): Promise<T | undefined> {
  for await (const item of pages) if (wanted(item)) return item
  return undefined
}

const idOf = (ref: string | { id: string } | null | undefined) => (typeof ref === 'string' ? ref : ref?.id)

function asIntent(intent: Stripe.PaymentIntent): Intent {
  const error = intent.last_payment_error
  return {
    id: intent.id,
    status: statusOf(intent),
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    amountReceivedMinor: intent.amount_received,
    latestCharge: idOf(intent.latest_charge),
    metadata: intent.metadata,
    lastError: error?.code
      ? { code: error.code, declineCode: error.decline_code, adviceCode: error.advice_code }
      : undefined,
  }
}

/** A state of a newer API says nothing about the money that we could act on. */
function statusOf({ status }: Stripe.PaymentIntent): Intent['status'] {
  const known = INTENT_STATUSES.find((each) => each === status)
  if (!known) throw new PaymentOutcomeUnknown('The payment is in a state that we do not know.')
  return known
}

const asRefund = ({ id, status, amount, currency }: Stripe.Refund): Refund => ({
  id,
  status: status ?? 'pending',
  amountMinor: amount,
  currency: currency.toUpperCase(),
})

function asCard({ id, card }: Stripe.PaymentMethod): Card {
  if (!card) throw new Error(`${id} is no card`)
  return { id, brand: card.brand, last4: card.last4, expMonth: card.exp_month, expYear: card.exp_year }
}
