import { type Access, orgIdOf, seenProjects } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { type ListedProject, listProjects, type ProjectFilter } from './project-reads.ts'

/** As `listProjects`, for a caller who may be a guest: then only what was shared with them. */
export const projectsFor = (db: Db, access: Access, filter: ProjectFilter): Promise<ListedProject[]> =>
  listProjects(db, { ...filter, org: orgIdOf(access), only: seenProjects(access) })
