import { DomainError } from '#kernel/errors'

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
