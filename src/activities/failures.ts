import { ApplicationFailure, ApplicationFailureCategory, TemporalFailure } from '@temporalio/common'
import { failureMessageOf, failureParamsOf } from '#contracts/messages'
import { DomainError, nameOf } from '#kernel/errors'
import { PaymentRefused } from '#domain/billing'
import { isOutOfReach } from '#platform/database'
import { PaymentOutcomeUnknown, PaymentRefusedByProvider, PaymentsMisconfigured } from '#platform/payments'

const { BENIGN } = ApplicationFailureCategory

/**
 * Converts an error of a step for its story. A refusal ends the story; a temporary error is retried, after the delay
 * that the provider asked for. Only codes and our own sentences go into the history. A refusal or an outage is benign;
 * anything else is a defect of ours, which an operator has to look at.
 */
export function asFailure(error: unknown): unknown {
  // also the cancellation of a step
  if (error instanceof TemporalFailure) return error
  if (error instanceof DomainError)
    return ApplicationFailure.create({
      ...typeAndMessage(error),
      details: error.params ? [failureParamsOf(error.params)] : [],
      nonRetryable: error.kind !== 'unavailable',
      category: BENIGN,
    })
  if (error instanceof PaymentOutcomeUnknown)
    return ApplicationFailure.create({
      type: 'payment_outcome_unknown',
      message: error.message,
      category: BENIGN,
      ...(error.retryAfterMs && { nextRetryDelay: error.retryAfterMs }),
    })
  if (error instanceof PaymentRefusedByProvider)
    return ApplicationFailure.create({ ...typeAndMessage(new PaymentRefused()), nonRetryable: true })
  // its message may contain a secret, so only its name goes into the history; the log has the rest
  const message = `The step failed (${nameOf(error)}).`
  // a refused key has an entry of its own on the operators' list
  if (error instanceof PaymentsMisconfigured || isOutOfReach(error))
    return ApplicationFailure.create({ type: 'out_of_reach', message, category: BENIGN })
  return ApplicationFailure.create({ type: 'step_failed', message })
}

/** Whether an error of a step is neither a refusal nor an outage. */
export function isDefect(error: unknown): boolean {
  const failure = asFailure(error)
  return failure instanceof ApplicationFailure && failure.category !== BENIGN
}

const typeAndMessage = ({ code, message }: DomainError) => ({
  type: code,
  message: failureMessageOf(message),
})
