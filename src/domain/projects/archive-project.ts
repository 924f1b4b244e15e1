import { audit, by } from '#domain/audit'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { archiveProject, lockProject, type Project, projectOf, unarchiveProject } from './project-store.ts'

export interface Archiving {
  caller: Caller
  org: OrgAccess
  /** Id or slug. */
  project: string
  /** False takes it out of the archive. */
  archived: boolean
  at: Date
}

/**
 * Archives a project, or takes it out of the archive. Nothing of it is deleted or freed: its tokens get 403 and its
 * licences keep their slots until they are moved or deactivated, so that all works again when it comes back. Audited,
 * unless it was so already. Refuses `not_allowed`, `project_not_found`.
 */
export async function setArchived(
  db: Db,
  { caller, org, project: ref, archived, at }: Archiving,
): Promise<{ project: Project; changed: boolean }> {
  assertMay(org, 'manage_projects')
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller, org }, 'manage_projects')
    const found = await projectOf(tx, org.id, ref)
    const { archivedAt } = await lockProject(tx, found.id)
    if ((archivedAt !== undefined) === archived) return { project: { ...found, archivedAt }, changed: false }
    if (archived) await archiveProject(tx, found.id, at)
    else await unarchiveProject(tx, found.id)
    await audit(tx, {
      chain: `org:${org.id}`,
      action: archived ? 'archive_project' : 'unarchive_project',
      outcome: 'done',
      ...by(caller),
      org: org.id,
      object: found.id,
    })
    return { project: { ...found, archivedAt: archived ? at : undefined }, changed: true }
  })
}
