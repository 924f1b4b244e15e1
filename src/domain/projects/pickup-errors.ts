import { CodedError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

/**
 * Only the holder of a link gets these refusals. They name the operation, because a person can get another link for it.
 */
export class PickupNotFound extends CodedError<'pickup_not_found'> {
  constructor() {
    super('not_found', 'pickup_not_found', 'There is no such link.')
  }
}

export class PickupUsed extends CodedError<'pickup_used'> {
  constructor(operation: OperationId) {
    const fact = 'auth.json was already fetched by this link, and a link works once.'
    super('conflict', 'pickup_used', fact, { operation })
  }
}

export class PickupExpired extends CodedError<'pickup_expired'> {
  constructor(operation: OperationId) {
    super('conflict', 'pickup_expired', 'This link has expired.', { operation })
  }
}

export class PickupReplaced extends CodedError<'pickup_replaced'> {
  constructor(operation: OperationId) {
    super('conflict', 'pickup_replaced', 'A newer link replaces this one.', { operation })
  }
}

/** The token was revoked, or nobody fetched its keys for a day. */
export class PickupKeysGone extends CodedError<'pickup_keys_gone'> {
  constructor(operation: OperationId) {
    super('conflict', 'pickup_keys_gone', 'The keys behind this link no longer exist.', { operation })
  }
}

export class PickupNotAllowed extends CodedError<'pickup_not_allowed'> {
  constructor(operation: OperationId) {
    const fact = 'The person or the connection that asked may no longer get the keys of this project.'
    super('not_allowed', 'pickup_not_allowed', fact, { operation })
  }
}
