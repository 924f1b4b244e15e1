import { CodedError } from '#kernel/errors'

export class ConnectionNotFound extends CodedError<'connection_not_found'> {
  constructor() {
    super('not_found', 'connection_not_found', 'You have no such connection.')
  }
}

export class SignInTooOld extends CodedError<'sign_in_too_old'> {
  constructor() {
    super('not_allowed', 'sign_in_too_old', 'You signed in more than 12 hours ago.')
  }
}
