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
