import { CodedError } from '#kernel/errors'

/** The same refusal for an unknown address, a wrong password, no password and a disabled customer. */
export class WrongEmailOrPassword extends CodedError<'wrong_email_or_password'> {
  constructor() {
    super('unauthenticated', 'wrong_email_or_password', 'The e-mail address or the password is wrong.')
  }
}

export class TooManySignIns extends CodedError<'too_many_sign_ins'> {
  /** Seconds until the next attempt is allowed. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super('rate_limited', 'too_many_sign_ins', 'Too many attempts to sign in.', {
      params: { minutes: Math.ceil(retryAfter / 60) },
    })
    this.retryAfter = retryAfter
  }
}

export class TooManyPasswordsAtOnce extends CodedError<'temporarily_unavailable'> {
  constructor() {
    super('unavailable', 'temporarily_unavailable', 'Too many people are signing in at this moment.', {
      params: { wait: 'a few seconds' },
    })
  }
}

export class NotAnOperator extends CodedError<'not_an_operator'> {
  constructor() {
    super('not_allowed', 'not_an_operator', 'Only a platform operator may do this.')
  }
}
