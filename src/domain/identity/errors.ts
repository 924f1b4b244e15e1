import { DomainError } from '#kernel/errors'

/** One for every wrong pair: unknown address, wrong password, no password, disabled. */
export class WrongEmailOrPassword extends DomainError {
  constructor() {
    super(
      'unauthenticated',
      'wrong_email_or_password',
      'The e-mail address or the password is wrong.',
      'Check both and try again.',
    )
  }
}

export class TooManySignIns extends DomainError {
  /** Seconds until the next try counts. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    const minutes = Math.ceil(retryAfter / 60)
    super(
      'rate_limited',
      'too_many_sign_ins',
      'Too many attempts to sign in.',
      `Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.`,
    )
    this.retryAfter = retryAfter
  }
}

export class TooManyPasswordsAtOnce extends DomainError {
  constructor() {
    super(
      'unavailable',
      'temporarily_unavailable',
      'Too many people sign in at this moment.',
      'Try again in a few seconds.',
    )
  }
}

export class NotAnOperator extends DomainError {
  constructor() {
    super(
      'not_allowed',
      'not_an_operator',
      'Only a platform operator may do this.',
      'Ask an operator of this market.',
    )
  }
}
