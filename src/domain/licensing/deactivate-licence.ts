import { assertMay } from '#domain/orgs'
import { lockProject, type Project, projectOf } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endActivation, wasActivated } from './activation-store.ts'
import { LicenceIsNotActive } from './errors.ts'
import { findLicence, type LicenceDetails } from './licence-reads.ts'
import { auditAssignment, type Assignment, lockAssignment } from './assignment.ts'

export interface Deactivated {
  project: Project
  licence: LicenceDetails
  outcome: 'deactivated' | 'already_deactivated'
}

/**
 * Ends the activation of a licence on a project. Licence and project may have any status. Its slot is free again.
 * Changes nothing when the activation has already ended. Refuses `not_allowed`, `licence_not_found`,
 * `project_not_found`, `licence_not_active`.
 */
export async function deactivateLicence(
  db: Db,
  assignment: Assignment & {
    /** Id or slug; may be archived. */
    project: string
  },
): Promise<Deactivated> {
  const { org, at } = assignment
  assertMay(org, 'activate_licences')
  return inTransaction(db, async (tx) => {
    const { id } = await lockAssignment(tx, assignment)
    const project = await projectOf(tx, org.id, assignment.project)
    await lockProject(tx, project.id)
    const ended = await endActivation(tx, { licence: id, project: project.id, at })
    if (!ended && !(await wasActivated(tx, { licence: id, project: project.id })))
      throw new LicenceIsNotActive(id, project.slug, 'project')
    const licence = await findLicence(tx, { org: org.id, id, at })
    if (!ended) return { project, licence, outcome: 'already_deactivated' }
    const detail = { project: project.id }
    await auditAssignment(tx, assignment, { action: 'deactivate_licence', licence: id, detail })
    return { project, licence, outcome: 'deactivated' }
  })
}
