import { DomainError } from '#kernel/errors'
import type { ProjectTokenId } from '#kernel/ids'

export class ProjectNotFound extends DomainError {
  constructor(project: string) {
    super(
      'not_found',
      'project_not_found',
      `There is no project ${project} in this org.`,
      'Call list_projects, or give new_project.',
      'project',
    )
  }
}

export class ProjectIsArchived extends DomainError {
  constructor(project: string) {
    super(
      'conflict',
      'project_archived',
      `The project ${project} is archived.`,
      'Choose another project, or give new_project.',
      'project',
    )
  }
}

export class ProjectTokenNotFound extends DomainError {
  constructor(token: string) {
    super(
      'not_found',
      'project_token_not_found',
      `There is no project token ${token} in this org.`,
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
