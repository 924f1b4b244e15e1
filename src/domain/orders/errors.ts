import { CodedError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

export class OrderNotFound extends CodedError<'order_not_found'> {
  constructor() {
    super('not_found', 'order_not_found', 'The org has no such order.', { field: 'order' })
  }
}

export class QuoteAlreadyUsed extends CodedError<'quote_already_used'> {
  constructor(operation: OperationId) {
    super('conflict', 'quote_already_used', `The quote was already used by operation ${operation}.`, {
      field: 'quote',
    })
  }
}

/** Refuses one line. Its run was lost while the line was undone, so nobody knows any more why. */
export class PurchaseWasInterrupted extends CodedError<'purchase_interrupted'> {
  constructor() {
    const fact =
      'It was interrupted on our side and not bought; nothing was charged for it, or it was paid back.'
    super('refused', 'purchase_interrupted', fact)
  }
}

export class ConnectionIsGone extends CodedError<'not_allowed'> {
  constructor() {
    const fact = 'The connection that asked for this purchase may not buy any more.'
    super('not_allowed', 'not_allowed', fact)
  }
}
