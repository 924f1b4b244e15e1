import { assertMay } from '#domain/orgs'
import { type Project, projectInUse } from '#domain/projects'
import type { LicenceId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endActivation, assignSlot } from './activation-store.ts'
import { findLicence, type LicenceDetails } from './licence-reads.ts'
import {
  assertInForce,
  auditAssignment,
  type Assignment,
  lockDestination,
  lockAssignment,
  checkCapacity,
} from './assignment.ts'

export interface Activated {
  project: Project
  licence: LicenceDetails
  outcome: 'activated' | 'already_installed'
  /** The ended licence of the same package that the project held before. */
  replaced: LicenceId | undefined
}

/**
 * Assigns a free slot of a licence to a project, in place of an ended licence of the same package. Changes nothing when
 * the licence is already active on the project. Refuses `not_allowed`, `licence_not_found`, `project_not_found`,
 * `project_archived`, `licence_has_no_free_slot`, and what `checkCapacity` and `assertInForce` refuse.
 */
export async function activateLicence(
  db: Db,
  assignment: Assignment & {
    /** Id or slug. */
    project: string
  },
): Promise<Activated> {
  const { org, at } = assignment
  assertMay(org, 'activate_licences')
  return inTransaction(db, async (tx) => {
    const licence = await lockAssignment(tx, assignment)
    const project = await projectInUse(tx, org.id, assignment.project)
    await lockDestination(tx, project)
    const { isInstalled, replaces } = await checkCapacity(tx, project, { licence, field: 'project', at })
    const done = async (outcome: Activated['outcome']): Promise<Activated> => ({
      project,
      outcome,
      replaced: replaces,
      licence: await findLicence(tx, { org: org.id, id: licence.id, at }),
    })
    if (isInstalled) return done('already_installed')
    assertInForce(licence)
    if (replaces) await endActivation(tx, { licence: replaces, project: project.id, at })
    await assignSlot(tx, { licence: licence.id, project: project.id, at })
    const activated = await done('activated')
    await auditAssignment(tx, assignment, {
      action: 'activate_licence',
      licence: licence.id,
      detail: { project: project.id, ...(replaces && { replaced: replaces }) },
    })
    return activated
  })
}
