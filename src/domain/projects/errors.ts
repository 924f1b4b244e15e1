import { CodedError } from '#kernel/errors'
import type { OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { NAME_FAULTS } from '#kernel/look-alikes'

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

/** `by`: the purchase that is making it. `slug` is the one that it would get now. `field`: the input field with the name. */
export class ProjectNameTaken extends CodedError<'project_name_taken'> {
  constructor(slug: string, { field, by }: { field: 'name' | 'new_project'; by?: OperationId }) {
    const fact = by
      ? `Operation ${by} is making a project of this name, ${slug}.`
      : `The org already has a project of this name, ${slug}.`
    super('conflict', 'project_name_taken', fact, {
      field,
      params: { project: slug, ...(by && { operation: by }) },
    })
  }
}

export class ProjectNameMixes extends CodedError<'invalid_input'> {
  constructor() {
    super('invalid', 'invalid_input', NAME_FAULTS.mixed, { field: 'name' })
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

/** A lower one lets the newest versions in, which a vendor could misuse together with whoever misleads an assistant. */
export class CooldownOnlyRaised extends CodedError<'cooldown_only_raised'> {
  constructor(project: ProjectId, days: number) {
    const fact = `The cooldown of this project is ${days} days. An assistant may raise it, but not lower it.`
    super('refused', 'cooldown_only_raised', fact, { field: 'cooldown_days', params: { project } })
  }
}
