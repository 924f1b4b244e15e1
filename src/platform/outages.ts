import { CodedError } from '#kernel/errors'
import { isOutOfReach } from './database.ts'

/** After how long a caller of any door should try again. */
export const TRY_AGAIN_AFTER_S = 60

/** Something that we need gives no answer. This is not a bug, and it ends by itself. The same request may be sent again. */
export class TemporarilyUnavailable extends CodedError<'temporarily_unavailable'> {
  constructor(cause?: unknown) {
    super('unavailable', 'temporarily_unavailable', 'The shop cannot answer right now.', {
      retryAfterMs: TRY_AGAIN_AFTER_S * 1000,
      params: { wait: 'a minute' },
    })
    this.cause = cause
  }
}

/** An error that is an outage of Postgres or Temporal. Undefined for a refusal and for a bug. */
export function asOutage(error: unknown): TemporarilyUnavailable | undefined {
  if (error instanceof TemporarilyUnavailable) return error
  return isOutOfReach(error) ? new TemporarilyUnavailable(error) : undefined
}
