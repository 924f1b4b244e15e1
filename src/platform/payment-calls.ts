import Stripe from 'stripe'
import type { ChargeId, OperationId, OrgId, PaymentMethodId } from '#kernel/ids'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider, PaymentsMisconfigured } from './payment-errors.ts'
import type { ConfirmAnswer } from './payment-types.ts'

/** What every call to the provider needs. `ask` limits its time and turns the SDK's errors into ours. */
export interface Calls {
  stripe: Stripe
  deployment: string
  key: Keys
  ask: <T>(call: Promise<T>) => Promise<T>
}

/**
 * Makes the idempotency key for repeat `n` of an action on one of our objects. `n` is 1 for an action without repeats.
 */
export type Keys = (
  object: ChargeId | OperationId | OrgId | PaymentMethodId,
  action: Action,
  n?: Repeat,
) => RequestOptions
type Action = 'create' | 'confirm' | 'cancel' | 'refund' | 'customer' | 'card' | 'attach' | 'detach'
type Repeat = number | string
interface RequestOptions {
  idempotencyKey: string
}

/**
 * The only place that makes a key. A key contains our own ids and nothing that changes between attempts of an activity.
 */
export const keysOf =
  (deployment: string): Keys =>
  (object, action, n = 1) => ({ idempotencyKey: `${deployment}:${object}:${action}:${n}` })

/** A 402 from the provider. A call that charges returns this answer as a value. In any other call it is a bug. */
export class CardError extends Error {
  readonly answer: Exclude<ConfirmAnswer, { kind: 'intent' }>

  constructor(answer: CardError['answer']) {
    super(`The card was refused: ${answer.kind}.`)
    this.answer = answer
  }
}

/** Limits the time of a whole call. The SDK's timeout is for an idle socket only, and a slow body never triggers it. */
export async function within<T>(call: Promise<T>, ms: number): Promise<T> {
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

/**
 * Classifies all errors by status. The SDK's class is not enough: a 409 for a running request has an unexpected class.
 */
function classified(e: unknown): unknown {
  if (!(e instanceof Stripe.errors.StripeError)) return e
  const { statusCode: status, requestId = 'no request id', headers } = e
  if (status === 402) return new CardError(answerOf(e))
  // the key belongs to a request with other parameters, whose outcome has to be looked up
  if (status === 400 && e.type === 'StripeIdempotencyError')
    return new PaymentOutcomeUnknown('Another request has used this key.', { status, isStored: true })
  if (status === 400 || status === 404) return new PaymentRefusedByProvider(e.code ?? e.type, requestId)
  if (status === 401 || status === 403) return new PaymentsMisconfigured(status, requestId)
  const retryAfter = Number(headers?.['retry-after'])
  return new PaymentOutcomeUnknown(
    `The payment provider did not report the outcome: ${status ?? 'no answer'}.`,
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

export const hasCode = (e: unknown, code: string) => e instanceof PaymentRefusedByProvider && e.code === code

export const idOf = (ref: string | { id: string } | null | undefined) =>
  typeof ref === 'string' ? ref : ref?.id
