import { CodedError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

export class OperationNotFound extends CodedError<'operation_not_found'> {
  constructor(id: string) {
    super('not_found', 'operation_not_found', `You have no operation ${id}.`, {
      field: 'operation_id',
    })
  }
}

export class IdempotencyKeyReused extends CodedError<'idempotency_key_reused'> {
  /** `own`: the operation of the key, unless it belongs to a colleague. */
  constructor(own?: OperationId) {
    super('conflict', 'idempotency_key_reused', 'This key already stands for another request.', {
      field: 'idempotency_key',
      operation: own,
    })
  }
}

export class TooLateToCancel extends CodedError<'too_late_to_cancel'> {
  constructor(id: OperationId) {
    super('conflict', 'too_late_to_cancel', `Operation ${id} has been paid and cannot be stopped.`, {
      field: 'operation_id',
      operation: id,
    })
  }
}

/** It was cancelled while its run was lost. The run that replaces it buys nothing more. */
export class OperationWasCancelled extends CodedError<'cancelled'> {
  constructor() {
    const fact = 'It was cancelled before this part was paid; nothing was charged for it.'
    super('refused', 'cancelled', fact)
  }
}

export class OperationIsOver extends CodedError<'operation_is_over'> {
  constructor(id: OperationId) {
    super('conflict', 'operation_is_over', `Operation ${id} has already ended.`, { operation: id })
  }
}

export class CouldNotBeStarted extends CodedError<'could_not_be_started'> {
  constructor() {
    const fact = 'The operation could not be started in time; nothing was done.'
    super('refused', 'could_not_be_started', fact)
  }
}
