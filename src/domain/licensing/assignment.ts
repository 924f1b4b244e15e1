import { isId, type LicenceId, type OrgId, type PackageId } from '#kernel/ids'
import { DomainError } from '#kernel/errors'
import { audit, by } from '#domain/audit'
import { type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import { lockProject, type Project, ProjectIsArchived } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import type { LicenceStatus } from '../../platform/tables.ts'
import { holdingsOf } from './activation-store.ts'
import { LicenceIsNotInForce, LicenceNotFound, PackageIsBeingInstalled, PackageIsHeld } from './errors.ts'
import { stateAt } from './licence.ts'

/** The common input of all actions on activations. */
export interface Assignment {
  caller: Caller
  org: OrgAccess
  /** Id. */
  licence: string
  at: Date
}

export interface LicenceToAssign {
  id: LicenceId
  packageId: PackageId
  packageName: string
  /** At the time of the action. */
  status: LicenceStatus
}

/**
 * Locks the org and returns the licence, so that two actions cannot take the same slot. Lock projects after it.
 * Refuses `licence_not_found`, also for another org's licence, and what `lockForMember` refuses.
 */
export async function lockAssignment(
  tx: Db,
  { caller, org, licence: id, at }: Assignment,
): Promise<LicenceToAssign> {
  await lockForMember(tx, { caller, org }, 'activate_licences')
  const row = isId('lic', id) && (await licenceOf(tx, { org: org.id, id, at }))
  if (!row) throw new LicenceNotFound()
  return { id: row.id, packageId: row.package_id, packageName: row.name, status: row.status }
}

const licenceOf = (tx: Db, { org, id, at }: { org: OrgId; id: LicenceId; at: Date }) =>
  tx
    .selectFrom('licences as l')
    .innerJoin('packages as p', 'p.id', 'l.package_id')
    .select(['l.id', 'l.package_id', 'p.name', stateAt(at).as('status')])
    .where('l.org_id', '=', org)
    .where('l.id', '=', id)
    .executeTakeFirst()

/** Locks a project, so that it cannot be archived meanwhile. Refuses `project_archived`. */
export async function lockDestination(tx: Db, { id, slug }: Project): Promise<void> {
  if ((await lockProject(tx, id)).archivedAt) throw new ProjectIsArchived(slug)
}

/** Which licences for this package the project holds. */
export interface Capacity {
  /** The licence is already active on the project. */
  isInstalled: boolean
  /** The ended licence of the same package that has to be replaced. */
  replaces: LicenceId | undefined
}

/**
 * Checks that a project can take a licence. Refuses `package_held_by_another_licence`, and `package_being_installed`
 * when a running purchase has reserved it. `field`: the input field that contains the project.
 */
export async function checkCapacity(
  tx: Db,
  project: Project,
  { licence, field, at }: { licence: LicenceToAssign; field: string; at: Date },
): Promise<Capacity> {
  const { packageId, packageName } = licence
  const held = (await holdingsOf(tx, project.id, at)).find((each) => each.packageId === packageId)
  if (held?.pending) throw new PackageIsBeingInstalled(packageName, { field, by: held.operation })
  if (!held || held.licence === licence.id) return { isInstalled: held !== undefined, replaces: undefined }
  if (held.state !== 'over') throw new PackageIsHeld(packageName, project.slug, { by: held.licence, field })
  return { isInstalled: false, replaces: held.licence }
}

/** Refuses `licence_expired`, `licence_suspended`, `licence_reserved`, `licence_refunded`, `licence_revoked`. */
export function assertInForce({ id, status }: LicenceToAssign): void {
  if (status !== 'active') throw new LicenceIsNotInForce(id, status)
}

/** Audits an action that changed something. Call it last in the transaction. */
export async function auditAssignment(
  tx: Db,
  { caller, org }: Assignment,
  event: { action: string; licence: LicenceId; detail: Record<string, string> },
): Promise<void> {
  await audit(tx, {
    chain: `org:${org.id}`,
    action: event.action,
    outcome: 'done',
    ...by(caller),
    org: org.id,
    object: event.licence,
    detail: event.detail,
  })
}

/** Runs `reading`, and sets the input field of its refusal. Used by an action with two projects. */
export async function inField<T>(field: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { kind, code, message, operation, retryAfterMs, params } = error
    throw new DomainError(kind, code, message, { field, operation, retryAfterMs, params })
  }
}
