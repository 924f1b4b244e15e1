import { type About, CodedError } from '#kernel/errors'

export class InvalidInput extends CodedError<'invalid_input'> {
  constructor(field: string, message: string, params?: About['params']) {
    super('invalid', 'invalid_input', message, { field, params })
  }
}

export class IdempotencyKeyMalformed extends CodedError<'idempotency_key_malformed'> {
  constructor(message: string) {
    super('invalid', 'idempotency_key_malformed', message, { field: 'idempotency_key' })
  }
}

export class CursorIsForeign extends InvalidInput {
  constructor() {
    super('cursor', 'The cursor does not belong to this list.', { fault: 'foreign_cursor' })
  }
}

export class TooManyCalls extends CodedError<'rate_limited'> {
  declare readonly retryAfterMs: number

  constructor(max: number, retryAfterMs: number) {
    const fact = `This connection has used up its ${max} calls of this kind a minute.`
    super('rate_limited', 'rate_limited', fact, { retryAfterMs })
  }
}

export class ToolNotServedHere extends CodedError<'tool_not_served_here'> {
  constructor(tool: string, path: string) {
    const fact = `The path ${path} does not serve ${tool}.`
    super('not_allowed', 'tool_not_served_here', fact)
  }
}

export class ScopeMissing extends CodedError<'insufficient_scope'> {
  constructor(scopes: readonly string[]) {
    const fact = `This connection lacks the scope ${scopes.join(' and ')}, which this operation needs.`
    super('not_allowed', 'insufficient_scope', fact)
  }
}
