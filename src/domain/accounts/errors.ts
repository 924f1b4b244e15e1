import { CodedError } from '#kernel/errors'
import { NAME_FAULTS } from '#kernel/look-alikes'

/** The same refusal for a link that is unknown, used or expired, and for a link whose account has changed since. */
export class LinkNotValid extends CodedError<'link_not_valid'> {
  constructor() {
    super('not_found', 'link_not_valid', 'This link was used before, or is too old.')
  }
}

export class EmailNotValid extends CodedError<'email_not_valid'> {
  constructor() {
    super('invalid', 'email_not_valid', 'This is not an e-mail address.', { field: 'email' })
  }
}

export class NameNotValid extends CodedError<'name_not_valid'> {
  constructor(why: keyof typeof NAMES = 'unfit') {
    super('invalid', 'name_not_valid', NAMES[why], { field: 'name' })
  }
}

const NAMES = {
  unfit: 'A name has 1 to 100 characters in one line.',
  ...NAME_FAULTS,
} as const

export class TooManyRequests extends CodedError<'too_many_requests'> {
  /** Seconds until the next one is allowed. */
  readonly retryAfter: number

  constructor(retryAfter: number) {
    super('rate_limited', 'too_many_requests', 'This was asked for too often.', {
      params: { minutes: Math.ceil(retryAfter / 60) },
    })
    this.retryAfter = retryAfter
  }
}
