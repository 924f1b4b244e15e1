import { DomainError } from '#kernel/errors'

export class InvalidInput extends DomainError {
  constructor(field: string, message: string, nextStep = `Correct ${field} and call again.`) {
    super('invalid', 'invalid_input', message, nextStep, field)
  }
}

export class CursorIsForeign extends InvalidInput {
  constructor() {
    super('cursor', 'The cursor does not belong to this list.', 'Call again without cursor.')
  }
}

export class TooManyCalls extends DomainError {
  override readonly retryAfterMs: number

  constructor(most: number, retryAfterMs: number) {
    super(
      'rate_limited',
      'rate_limited',
      `This connection has used up its ${most} calls of this kind a minute.`,
      'Wait for retry_after_ms, then call again with the same input.',
    )
    this.retryAfterMs = retryAfterMs
  }
}

export class ScopeMissing extends DomainError {
  constructor(scopes: readonly string[]) {
    super(
      'not_allowed',
      'insufficient_scope',
      `This connection lacks the scope ${scopes.join(' and ')}, which what it stops needs.`,
      'Ask the user to connect again with that scope.',
    )
  }
}
