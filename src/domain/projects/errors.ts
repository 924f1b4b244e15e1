import { DomainError } from '#kernel/errors'
import type { ProjectTokenId } from '#kernel/ids'

/** What else a caller may do who could also have a project made. */
const OR_NEW = ', or give new_project'

/** What a caller wrote is not repeated: refusals of a purchase end up in histories that are kept. */
export class ProjectNotFound extends DomainError {
  constructor(mayBeNew = false) {
    super(
      'not_found',
      'project_not_found',
      'The org has no such project.',
      `Call list_projects${mayBeNew ? OR_NEW : ''}.`,
      'project',
    )
  }
}

export class ProjectIsArchived extends DomainError {
  constructor(project: string, mayBeNew = false) {
    super(
      'conflict',
      'project_archived',
      `The project ${project} is archived.`,
      `Choose another project${mayBeNew ? OR_NEW : ''}.`,
      'project',
    )
  }
}

export class ProjectTokenNotFound extends DomainError {
  constructor() {
    super(
      'not_found',
      'project_token_not_found',
      'The org has no such project token.',
      'Call list_project_tokens.',
      'token',
    )
  }
}

export class ProjectTokenIsOver extends DomainError {
  constructor(token: ProjectTokenId, how: 'revoked' | 'expired') {
    super(
      'conflict',
      `project_token_${how}`,
      `The project token ${token} is ${how}, so nothing could overlap.`,
      'Call list_project_tokens for one in use, or create_project_token.',
      'token',
    )
  }
}
