import { assertMay } from '#domain/orgs'
import { lockProject, type Project, projectInUse, projectOf } from '#domain/projects'
import type { LicenceId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endActivation, assignSlot } from './activation-store.ts'
import { LicenceIsNotActive, LicenceIsOnBoth, MoveToSameProject } from './errors.ts'
import { findLicence, type LicenceDetails } from './licence-reads.ts'
import {
  assertInForce,
  auditAssignment,
  inField,
  type Assignment,
  type LicenceToAssign,
  lockDestination,
  lockAssignment,
  checkCapacity,
} from './assignment.ts'

export interface Move extends Assignment {
  /** Id or slug; may be archived. */
  from: string
  /** Id or slug. */
  to: string
}

export interface Moved {
  from: Project
  to: Project
  licence: LicenceDetails
  outcome: 'moved' | 'already_moved'
  /** The ended licence of the same package that `to` held before. */
  replaced: LicenceId | undefined
}

/**
 * Moves an activation from one project to another, with the same slot. Changes nothing when it has already moved.
 * Refuses `not_allowed`, `licence_not_found`, `project_not_found`, `project_archived` (of `to`),
 * `licence_not_active`, `already_installed` (on both), and what `checkCapacity` and `assertInForce` refuse.
 */
export async function moveActivation(db: Db, move: Move): Promise<Moved> {
  const { org, at } = move
  assertMay(org, 'activate_licences')
  return inTransaction(db, async (tx) => {
    const licence = await lockAssignment(tx, move)
    const { from, to } = await lockBoth(tx, move)
    const { isInstalled, replaces } = await checkCapacity(tx, to, { licence, field: 'to', at })
    const done = async (outcome: Moved['outcome']): Promise<Moved> => ({
      from,
      to,
      outcome,
      replaced: replaces,
      licence: await findLicence(tx, { org: org.id, id: licence.id, at }),
    })
    const slot = await endActivation(tx, { licence: licence.id, project: from.id, at })
    if (isInstalled) {
      if (slot) throw new LicenceIsOnBoth(licence.id, from.slug, to.slug)
      return done('already_moved')
    }
    if (!slot) throw new LicenceIsNotActive(licence.id, from.slug, 'from')
    assertInForce(licence)
    if (replaces) await endActivation(tx, { licence: replaces, project: to.id, at })
    await assignSlot(tx, { licence: licence.id, project: to.id, slot, at })
    const moved = await done('moved')
    await auditMove(tx, move, { licence, from, to, replaces })
    return moved
  })
}

/** Locks both projects. Two moves cannot deadlock here, because each has locked the org before. */
async function lockBoth(tx: Db, { org, from, to }: Move): Promise<{ from: Project; to: Project }> {
  const source = await inField('from', projectOf(tx, org.id, from))
  const target = await inField('to', projectInUse(tx, org.id, to))
  if (source.id === target.id) throw new MoveToSameProject()
  await lockProject(tx, source.id)
  await inField('to', lockDestination(tx, target))
  return { from: source, to: target }
}

async function auditMove(
  tx: Db,
  move: Move,
  {
    licence,
    from,
    to,
    replaces,
  }: { licence: LicenceToAssign; from: Project; to: Project; replaces: LicenceId | undefined },
): Promise<void> {
  await auditAssignment(tx, move, {
    action: 'move_activation',
    licence: licence.id,
    detail: { from: from.id, to: to.id, ...(replaces && { replaced: replaces }) },
  })
}
