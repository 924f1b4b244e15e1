import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common'
import { DomainError } from '#kernel/errors'
import { PaymentRefused } from '#domain/billing'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider } from '#platform/payments'

/**
 * Converts an error of a step for its story. A refusal ends the story; a temporary error is retried, after the delay
 * that the provider asked for. Only codes and our own sentences go into the history.
 */
export function asFailure(error: unknown): unknown {
  // also the cancellation of a step
  if (error instanceof TemporalFailure) return error
  if (error instanceof DomainError)
    return ApplicationFailure.create({
      ...typeAndMessage(error),
      details: error.params ? [error.params] : [],
      nonRetryable: error.kind !== 'unavailable',
      category: ApplicationFailureCategory.BENIGN,
    })
  if (error instanceof PaymentOutcomeUnknown)
    return ApplicationFailure.create({
      type: 'payment_outcome_unknown',
      message: error.message,
      ...(error.retryAfterMs && { nextRetryDelay: error.retryAfterMs }),
    })
  if (error instanceof PaymentRefusedByProvider)
    // not benign: an operator has to look at it
    return ApplicationFailure.create({ ...typeAndMessage(new PaymentRefused()), nonRetryable: true })
  // a bug or an outage: its message may contain a secret, so only its name goes into the history; the log has
  // the rest
  const name = error instanceof Error ? error.name : typeof error
  return ApplicationFailure.create({ type: 'step_failed', message: `The step failed (${name}).` })
}

const typeAndMessage = ({ code, message }: DomainError) => ({ type: code, message })
