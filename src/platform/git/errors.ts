import { CodedError } from '#kernel/errors'

export class GitUrlRefused extends CodedError<'git_url_refused'> {
  /** `rule`: what the URL has to be. */
  constructor(rule: string) {
    super('refused', 'git_url_refused', `The URL of the repository ${rule}.`)
  }
}

/** The host says that there is no such repository, or not for this credential. */
export class RepositoryNotAccessible extends CodedError<'repository_not_accessible'> {
  constructor() {
    super(
      'refused',
      'repository_not_accessible',
      'The Git host does not let us read this repository, or it does not exist.',
    )
  }
}

/** We follow no redirect: the other address would get the credential. */
export class RepositoryMoved extends CodedError<'repository_moved'> {
  constructor() {
    super('refused', 'repository_moved', 'The Git host says that the repository has another address now.')
  }
}

/** The network or the host failed. The same request may succeed later. */
export class GitHostUnavailable extends CodedError<'git_host_unavailable'> {
  constructor(fact = 'The Git host did not answer as expected.', cause?: unknown) {
    super('unavailable', 'git_host_unavailable', fact)
    this.cause = cause
  }
}

export class TooManyTags extends CodedError<'too_many_tags'> {
  constructor(most: number) {
    super('refused', 'too_many_tags', `The repository has more than ${most} tags.`)
  }
}

/** What the host sent is not a list of tags. */
export class RepositoryUnreadable extends CodedError<'repository_unreadable'> {
  constructor() {
    super('refused', 'repository_unreadable', 'Git cannot read what the host sent for this repository.')
  }
}

/** Git could not do its work, because of this machine and not of the repository. */
export class GitFailedHere extends CodedError<'git_failed_here'> {
  constructor(cause: unknown) {
    super('unavailable', 'git_failed_here', 'Git could not be run on this machine.')
    this.cause = cause
  }
}
