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
