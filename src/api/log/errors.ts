import { CodedError } from '#kernel/errors'

export class LogQueryIsInvalid extends CodedError<'log_query_invalid'> {
  constructor(field: string) {
    super('invalid', 'log_query_invalid', `The parameter ${field} is missing or not valid.`, { field })
  }
}
