import { CodedError } from '#kernel/errors'

/** The request of an application to be connected has expired, was answered before, or belongs to another browser. */
export class ConnectRequestOver extends CodedError<'connect_request_over'> {
  constructor() {
    super('invalid', 'connect_request_over', 'This request to connect an application is over.')
  }
}

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
