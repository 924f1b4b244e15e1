import { DomainError } from '#kernel/errors'

/** What else a caller may do who could also have a project made. */
const OR_NEW = ', or give new_project'

export class ProjectNotFound extends DomainError {
  constructor(project: string, mayBeNew = false) {
    super(
      'not_found',
      'project_not_found',
      `There is no project ${project} in this org.`,
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
