import { CodedError } from '#kernel/errors'

/** The request of an application to be connected has expired, was answered before, or belongs to another browser. */
export class ConnectRequestOver extends CodedError<'connect_request_over'> {
  constructor() {
    super('invalid', 'connect_request_over', 'This request to connect an application is over.')
  }
}

export class TooManyDeviceCodes extends CodedError<'too_many_device_codes'> {
  /** Seconds until the next code may be entered. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super('rate_limited', 'too_many_device_codes', 'Too many codes were entered.', {
      params: { minutes: Math.ceil(retryAfter / 60) },
    })
    this.retryAfter = retryAfter
  }
}

export class ConnectionNotFound extends CodedError<'connection_not_found'> {
  constructor() {
    super('not_found', 'connection_not_found', 'You have no such connection.')
  }
}

export class DeviceMayNotBuy extends CodedError<'device_may_not_buy'> {
  constructor() {
    const fact = 'An application that was connected by a code may not buy.'
    super('not_allowed', 'device_may_not_buy', fact)
  }
}

export class SignInTooOld extends CodedError<'sign_in_too_old'> {
  constructor() {
    super('not_allowed', 'sign_in_too_old', 'You signed in more than 12 hours ago.')
  }
}
