import type Stripe from 'stripe'
import { type Calls, CardError, hasCode, idOf } from './payment-calls.ts'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider } from './payment-errors.ts'
import { type ConfirmAnswer, type Intent, INTENT_STATUSES, type Payments } from './payment-types.ts'

const FIND_SLACK_SECONDS = 300

export const intentCalls = ({ stripe, deployment, key, ask }: Calls) =>
  ({
    async findIntents({ charge, customer, since }) {
      const gte = Math.floor(since.getTime() / 1000) - FIND_SLACK_SECONDS
      const pages = stripe.paymentIntents.list({ customer, created: { gte }, limit: 100 })
      return (await ask(allOf(pages, ({ metadata }) => metadata.charge_id === charge))).map(asIntent)
    },
    async createIntent({ charge, request, n }) {
      const { amountMinor, currency, customer, transferGroup, metadata } = request
      const intent = {
        amount: amountMinor,
        currency: currency.toLowerCase(),
        customer,
        transfer_group: transferGroup,
        allowed_payment_method_types: ['card' as const],
        metadata: { ...metadata, deployment },
      }
      return asIntent(await ask(stripe.paymentIntents.create(intent, key(charge, 'create', n))))
    },
    async getIntent(id) {
      return asIntent(await ask(stripe.paymentIntents.retrieve(id)))
    },
    async confirmIntent({ id, charge, n, paymentMethod, usage }) {
      const how = {
        payment_method: paymentMethod,
        off_session: true,
        payment_method_options: { card: { stored_credential_usage: usage } },
      }
      const confirmed = await cardAnswer(
        ask(stripe.paymentIntents.confirm(id, how, key(charge, 'confirm', n))),
      )
      return 'kind' in confirmed ? confirmed : { kind: 'intent', intent: asIntent(confirmed) }
    },
    async confirmOnSession({ id, charge, n, paymentMethod, returnUrl }) {
      const how = { payment_method: paymentMethod, return_url: returnUrl }
      const confirming = ask(stripe.paymentIntents.confirm(id, how, key(charge, 'confirm', n)))
      const confirmed = await cardAnswer(confirming).catch(refusedAsValue)
      if ('kind' in confirmed) return confirmed
      const intent = asIntent(confirmed)
      return intent.status === 'requires_action' && intent.bankPage
        ? { kind: 'redirect', url: intent.bankPage, intent }
        : { kind: 'intent', intent }
    },
    async cancelIntent({ id, charge, n }) {
      try {
        return asIntent(await ask(stripe.paymentIntents.cancel(id, {}, key(charge, 'cancel', n))))
      } catch (e) {
        if (hasCode(e, 'payment_intent_unexpected_state')) return 'not_cancelable'
        throw e
      }
    },
  }) satisfies Partial<Payments>

/** Returns what was confirmed, or the card's refusal as a value. */
async function cardAnswer<T>(
  confirming: Promise<T>,
): Promise<T | Exclude<ConfirmAnswer, { kind: 'intent' }>> {
  try {
    return await confirming
  } catch (e) {
    if (e instanceof CardError) return e.answer
    throw e
  }
}

function refusedAsValue(error: unknown): { kind: 'refused'; code: string } {
  if (error instanceof PaymentRefusedByProvider) return { kind: 'refused', code: error.code }
  throw error
}

async function allOf<T>(pages: AsyncIterable<T>, wanted: (item: T) => boolean): Promise<T[]> {
  const found: T[] = []
  for await (const item of pages) if (wanted(item)) found.push(item)
  return found
}

export function asIntent(intent: Stripe.PaymentIntent): Intent {
  const error = intent.last_payment_error
  return {
    id: intent.id,
    status: statusOf(intent),
    amountMinor: intent.amount,
    currency: intent.currency.toUpperCase(),
    amountReceivedMinor: intent.amount_received,
    latestCharge: idOf(intent.latest_charge),
    bankPage: intent.next_action?.redirect_to_url?.url ?? undefined,
    metadata: intent.metadata,
    lastError: error?.code
      ? { code: error.code, declineCode: error.decline_code, adviceCode: error.advice_code }
      : undefined,
  }
}

/** Throws for a status of a newer API, because we cannot know what it means for the money. */
function statusOf({ status }: Stripe.PaymentIntent): Intent['status'] {
  const known = INTENT_STATUSES.find((each) => each === status)
  if (!known) throw new PaymentOutcomeUnknown('The payment has an unknown status.')
  return known
}
