import { CodedError } from '#kernel/errors'

export class ShareNotFound extends CodedError<'share_not_found'> {
  constructor() {
    super('not_found', 'share_not_found', 'The org has no such project share.', { field: 'share' })
  }
}

/** The same refusal for a link that is unknown, used, replaced by a newer one, revoked or too old. */
export class ShareLinkOver extends CodedError<'share_link_over'> {
  constructor() {
    super('not_found', 'share_link_over', 'This link was used or withdrawn, or is too old.')
  }
}

export class ShareForAnother extends CodedError<'share_for_another'> {
  constructor() {
    super(
      'not_allowed',
      'share_for_another',
      'This link was sent to another address than that of your account.',
    )
  }
}

/** Who shared it has lost the role to do so, or the account is disabled. */
export class ShareWithdrawn extends CodedError<'share_withdrawn'> {
  constructor() {
    super('conflict', 'share_withdrawn', 'The person who shared this project may not share it any more.')
  }
}

export class AlreadySeesProject extends CodedError<'already_sees_project'> {
  constructor(org: string) {
    super('conflict', 'already_sees_project', `A member of ${org} already sees all of its projects.`, {
      field: 'email',
    })
  }
}

export class ShareEndIsPast extends CodedError<'share_end_past'> {
  constructor() {
    super('invalid', 'share_end_past', 'The end of a share has to be in the future.', { field: 'until' })
  }
}

export class TooManyShares extends CodedError<'too_many_shares'> {
  constructor(most: number) {
    super('conflict', 'too_many_shares', `A project can be shared with ${most} people.`)
  }
}

/** `limit`: mails of the org or of the person within a day, invites included, or links to the address. */
export class TooManyLinks extends CodedError<'too_many_links'> {
  constructor(limit: 'org' | 'person' | 'address', seconds: number) {
    super('rate_limited', 'too_many_links', LINK_LIMITS[limit], {
      field: 'email',
      retryAfterMs: seconds * 1000,
      params: { limit, minutes: Math.ceil(seconds / 60) },
    })
  }
}

const LINK_LIMITS = {
  org: 'The org has sent as many invites and links as it may within a day.',
  person: 'You have sent as many invites and links as you may within a day.',
  address: 'Enough links were mailed to this address for now.',
} as const
