import { DomainError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'

export class OperationNotFound extends DomainError {
  constructor(id: string) {
    super(
      'not_found',
      'operation_not_found',
      `There is no operation ${id} of yours.`,
      'Call list_operations.',
      'operation_id',
    )
  }
}

export class IdempotencyKeyReused extends DomainError {
  override readonly operation: OperationId | undefined

  /** `own`: what the key stands for, unless that is a colleague's. */
  constructor(own?: OperationId) {
    super(
      'conflict',
      'idempotency_key_reused',
      'This idempotency_key already stands for another request.',
      'Repeat the first request unchanged, in the same org, or use a new key for a new action.',
      'idempotency_key',
    )
    this.operation = own
  }
}

export class TooLateToCancel extends DomainError {
  override readonly operation: OperationId

  constructor(id: OperationId) {
    super(
      'conflict',
      'too_late_to_cancel',
      `Operation ${id} has been paid and goes on to its end.`,
      'Call get_operation for its result; a refund can be asked for within 14 days.',
      'operation_id',
    )
    this.operation = id
  }
}

export class OperationIsOver extends DomainError {
  override readonly operation: OperationId

  constructor(id: OperationId) {
    super(
      'conflict',
      'operation_is_over',
      `Operation ${id} has already ended.`,
      'Start again with a new idempotency_key.',
    )
    this.operation = id
  }
}
