import { CodedError } from '#kernel/errors'
import type { ProjectTokenId } from '#kernel/ids'

/** `mayBeNew`: the caller could also ask for a new project. */
const alternatives = (mayBeNew: boolean) => (mayBeNew ? { alternative: 'new_project' } : undefined)

/** The message does not repeat the caller's text, because workflow histories keep the refusals of purchases. */
export class ProjectNotFound extends CodedError<'project_not_found'> {
  constructor(mayBeNew = false) {
    super('not_found', 'project_not_found', 'The org has no such project.', {
      field: 'project',
      params: alternatives(mayBeNew),
    })
  }
}

export class ProjectIsArchived extends CodedError<'project_archived'> {
  constructor(project: string, mayBeNew = false) {
    super('conflict', 'project_archived', `The project ${project} is archived.`, {
      field: 'project',
      params: alternatives(mayBeNew),
    })
  }
}

export class ProjectTokenNotFound extends CodedError<'project_token_not_found'> {
  constructor() {
    super('not_found', 'project_token_not_found', 'The org has no such project token.', { field: 'token' })
  }
}

export class ProjectTokenIsOver extends CodedError<'project_token_revoked' | 'project_token_expired'> {
  constructor(token: ProjectTokenId, how: 'revoked' | 'expired') {
    const fact = `The project token ${token} is ${how} and cannot be rotated.`
    super('conflict', `project_token_${how}`, fact, { field: 'token' })
  }
}

export class CooldownIsInvalid extends CodedError<'cooldown_invalid'> {
  constructor(most: number) {
    super('invalid', 'cooldown_invalid', `A cooldown is a whole number of days from 0 to ${most}.`, {
      field: 'days',
    })
  }
}
