import { CodedError } from '#kernel/errors'

export class LogEntryNotFound extends CodedError<'log_entry_not_found'> {
  constructor(leaf: number, size: number) {
    super('not_found', 'log_entry_not_found', `A log of ${size} entries has no entry ${leaf}.`)
  }
}

export class LogSizeIsInvalid extends CodedError<'log_size_invalid'> {
  constructor(size: number) {
    super(
      'invalid',
      'log_size_invalid',
      `A size has to be a whole number from 0 to ${size}, the size of the log.`,
    )
  }
}
