import { CodedError } from '#kernel/errors'

export class GitUrlInvalid extends CodedError<'git_url_invalid'> {
  constructor() {
    const fact =
      'That is not the URL of a Git repository: https or ssh, without a user, a password or a query is needed.'
    super('invalid', 'git_url_invalid', fact, { field: 'repositories' })
  }
}

export class GitHostUnknown extends CodedError<'git_host_unknown'> {
  constructor(hosts: readonly string[]) {
    const fact = hosts.length
      ? `Repositories can be published from ${hosts.join(', ')} only.`
      : 'No Git host is configured here.'
    super('refused', 'git_host_unknown', fact, { field: 'host', params: { hosts } })
  }
}

/** The host gave no answer, or has no time for us. */
export class GitHostUnavailable extends CodedError<'git_host_unavailable'> {
  constructor(cause: unknown, retryAfterMs?: number) {
    super(
      'unavailable',
      'git_host_unavailable',
      'The Git host did not answer as expected; nothing is lost.',
      {
        retryAfterMs,
      },
    )
    this.cause = cause
  }
}

export class GitIntegrationNotFound extends CodedError<'git_integration_not_found'> {
  constructor() {
    super('not_found', 'git_integration_not_found', 'The org has no such Git integration.', {
      field: 'integration',
    })
  }
}

/** The grant was revoked or has ended at the host. */
export class GitIntegrationBroken extends CodedError<'git_integration_broken'> {
  constructor(host: string) {
    super(
      'refused',
      'git_integration_broken',
      `${host} does not accept our access any more: it was revoked or has ended.`,
      { field: 'integration' },
    )
  }
}

export class GitStateUnknown extends CodedError<'git_state_unknown'> {
  constructor() {
    super('invalid', 'git_state_unknown', 'This answer of the Git host belongs to no request of ours.')
  }
}

export class GitStateUsed extends CodedError<'git_state_used'> {
  constructor() {
    super('conflict', 'git_state_used', 'This answer of the Git host was used before.')
  }
}

export class GitStateExpired extends CodedError<'git_state_expired'> {
  constructor() {
    super(
      'refused',
      'git_state_expired',
      'More than 30 minutes passed at the Git host; nothing was connected.',
    )
  }
}

export class GitStateOfAnotherPerson extends CodedError<'git_state_of_another_person'> {
  constructor() {
    super('not_allowed', 'git_state_of_another_person', 'Another person began this request.')
  }
}

export class GitConsentDenied extends CodedError<'git_consent_denied'> {
  constructor() {
    super('refused', 'git_consent_denied', 'The access was refused at the Git host; nothing was connected.')
  }
}

/** The operation that asked ended, or does not wait for a consent. */
export class GitConsentOver extends CodedError<'git_consent_over'> {
  constructor() {
    super('conflict', 'git_consent_over', 'The request that asked for this access is over.')
  }
}

/** The host did not accept the code. */
export class GitCodeRefused extends CodedError<'git_code_refused'> {
  constructor() {
    super('refused', 'git_code_refused', 'The Git host did not accept its own answer; nothing was connected.')
  }
}
