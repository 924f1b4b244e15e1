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

  /** `instead`: what still signs the owner in meanwhile. */
  constructor(retryAfter: number, instead?: 'mailed_link' | 'recovery_code') {
    super('rate_limited', 'too_many_sign_ins', 'Too many attempts to sign in.', {
      params: { minutes: Math.ceil(retryAfter / 60), ...(instead && { instead }) },
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

export class PasswordRefused extends CodedError<'password_refused'> {
  constructor(why: 'short' | 'long' | 'common', message: string) {
    super('invalid', 'password_refused', message, { field: 'password', params: { why } })
  }
}

/** The current password was wrong in a change of the password. */
export class WrongPassword extends CodedError<'wrong_password'> {
  constructor() {
    super('refused', 'wrong_password', 'The current password is wrong.', { field: 'current' })
  }
}

/** The same refusal for a wrong code, a code that was used before, and an expired code. */
export class WrongCode extends CodedError<'wrong_code'> {
  constructor() {
    super('unauthenticated', 'wrong_code', 'This code is wrong, or was used before.', { field: 'code' })
  }
}

/** The password was entered too long ago, or too many wrong codes followed it. */
export class PasswordNeededAgain extends CodedError<'password_needed_again'> {
  constructor() {
    super('unauthenticated', 'password_needed_again', 'The password has to be entered again.')
  }
}

export class SecondFactorIsOn extends CodedError<'second_factor_is_on'> {
  constructor() {
    super('conflict', 'second_factor_is_on', 'Codes at sign-in are on already.')
  }
}

export class SecondFactorIsOff extends CodedError<'second_factor_is_off'> {
  constructor() {
    super('conflict', 'second_factor_is_off', 'Codes at sign-in are not on.')
  }
}

export class SessionNotFound extends CodedError<'session_not_found'> {
  constructor() {
    super('not_found', 'session_not_found', 'This sign-in is over already.')
  }
}
