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

export class ConnectionIsGone extends CodedError<'not_allowed'> {
  constructor() {
    const fact = 'The connection that asked for this purchase may not buy any more.'
    super('not_allowed', 'not_allowed', fact)
  }
}
