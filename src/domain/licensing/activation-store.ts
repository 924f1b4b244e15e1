import { sql } from 'kysely'
import { mintId, type ActivationId, type LicenceId, type OperationId } from '#kernel/ids'
import type { OrgId, PackageId, ProjectId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { LicenceStatus } from '../../platform/tables.ts'
import { LicenceHasNoFreeSlot } from './errors.ts'
import { isInForce, stateAt } from './licence.ts'

/** The org's oldest licence for this package and edition that is in force at `at` and has a free slot. */
export async function licenceWithFreeSlot(
  db: Db,
  wanted: { org: OrgId; packageId: PackageId; edition: Edition; at: Date },
): Promise<LicenceId | undefined> {
  const found = await db
    .selectFrom('licences as l')
    .select('l.id')
    .where('l.org_id', '=', wanted.org)
    .where('l.package_id', '=', wanted.packageId)
    .where('l.edition', '=', wanted.edition)
    .where(isInForce(wanted.at))
    .where(
      'l.slots',
      '>',
      sql<number>`(select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)`,
    )
    .orderBy('l.id')
    .executeTakeFirst()
  return found?.id
}

export interface SlotWanted {
  id: ActivationId
  licence: LicenceId
  /** Undefined when the project is not created yet. */
  project: ProjectId | undefined
  operation: OperationId
  at: Date
}

/**
 * Reserves the lowest free slot for an operation, and the place of the package on the project, whatever licence holds it
 * now. It is not active yet. The database refuses a second reservation of a place. Refuses `licence_has_no_free_slot`.
 */
export async function reserveSlot(
  tx: Db,
  { id, licence, project, operation, at }: SlotWanted,
): Promise<void> {
  await tx
    .insertInto('activations')
    .values({
      id,
      ...(await freeSlotOf(tx, licence)),
      reserved_for: project ?? null,
      operation_id: operation,
      reserved_at: at,
    })
    .execute()
}

/** Whether the operation `p` of a query has reserved slots: a project will get what it buys. */
export const holdsSlots = sql<boolean>`exists (
  select from activations a where a.operation_id = p.id and a.deactivated_at is null)`

/** Activates a slot on a project: the given `slot`, or the lowest free one. Refuses `licence_has_no_free_slot`. */
export async function assignSlot(
  tx: Db,
  { licence, project, at, slot }: { licence: LicenceId; project: ProjectId; at: Date; slot?: Slot },
): Promise<void> {
  await tx
    .insertInto('activations')
    .values({
      id: mintId('act', at, Math.random),
      ...(slot ?? (await freeSlotOf(tx, licence))),
      project_id: project,
      reserved_at: at,
      activated_at: at,
    })
    .execute()
}

/** A slot of a licence, as columns of an activation. */
export interface Slot {
  org_id: OrgId
  licence_id: LicenceId
  package_id: PackageId
  slot: number
}

async function freeSlotOf(tx: Db, licence: LicenceId): Promise<Slot> {
  const { rows } = await sql<Slot>`
    select l.org_id, l.id as licence_id, l.package_id, n as slot
      from licences l, generate_series(1, l.slots) n
     where l.id = ${licence}
       and not exists (select from activations a where a.licence_id = l.id and a.slot = n and a.deactivated_at is null)
     order by n limit 1`.execute(tx)
  const [free] = rows
  if (!free) throw new LicenceHasNoFreeSlot(licence)
  return free
}

/**
 * Ends the activation of a licence on a project. Returns the slot, or undefined when the licence was not active there.
 */
export async function endActivation(
  tx: Db,
  { licence, project, at }: { licence: LicenceId; project: ProjectId; at: Date },
): Promise<Slot | undefined> {
  return tx
    .updateTable('activations')
    .set({ deactivated_at: at })
    .where('licence_id', '=', licence)
    .where('project_id', '=', project)
    .where('activated_at', 'is not', null)
    .where('deactivated_at', 'is', null)
    .returning(['org_id', 'licence_id', 'package_id', 'slot'])
    .executeTakeFirst()
}

/** Whether a licence was ever active on a project. */
export async function wasActivated(
  db: Db,
  { licence, project }: { licence: LicenceId; project: ProjectId },
): Promise<boolean> {
  const found = await db
    .selectFrom('activations')
    .select('id')
    .where('licence_id', '=', licence)
    .where('project_id', '=', project)
    .where('activated_at', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/**
 * Activates the reserved slots of an operation on its project, if their licences are in force at `at`. Ends other
 * activations of the same packages on the project. A second run keeps the first activation time.
 */
export async function activateReserved(
  tx: Db,
  { operation, project, at }: { operation: OperationId; project: ProjectId; at: Date },
): Promise<void> {
  const reserved = await tx
    .selectFrom('activations as a')
    .innerJoin('licences as l', 'l.id', 'a.licence_id')
    .select(['a.id', 'a.package_id'])
    .where('a.operation_id', '=', operation)
    .where('a.activated_at', 'is', null)
    .where('a.deactivated_at', 'is', null)
    .where(isInForce(at))
    .execute()
  if (!reserved.length) return
  await tx
    .updateTable('activations')
    .set({ deactivated_at: at })
    .where('project_id', '=', project)
    .where(
      'package_id',
      'in',
      reserved.map(({ package_id }) => package_id),
    )
    .where('activated_at', 'is not', null)
    .where('deactivated_at', 'is', null)
    .execute()
  await tx
    .updateTable('activations')
    .set({ project_id: project, activated_at: at })
    .where(
      'id',
      'in',
      reserved.map(({ id }) => id),
    )
    .execute()
}

/** Deletes the reserved slots of an operation that were not activated. */
export async function releaseSlots(tx: Db, operation: OperationId): Promise<void> {
  await tx
    .deleteFrom('activations')
    .where('operation_id', '=', operation)
    .where('activated_at', 'is', null)
    .execute()
}

export interface Holding {
  packageId: PackageId
  licence: LicenceId
  edition: Edition
  /** Reserved by an operation that still runs. */
  pending: boolean
  /** The operation that has reserved or activated it. */
  operation: OperationId | undefined
  /** Only for yearly licences that are paid, and not refunded or revoked: what a renewal starts from. */
  term: { since: Date; until: Date } | undefined
  /** `over`: the licence has ended, so the package may be bought again. */
  state: 'valid' | 'over' | 'suspended'
}

/**
 * The licences that are active or reserved on a project at `at`. A reservation comes before the licence that it will
 * replace. Uses the indexes `activations_one_per_project` and `activations_one_reservation`.
 */
export async function holdingsOf(db: Db, project: ProjectId, at: Date): Promise<Holding[]> {
  const rows = await db
    .selectFrom('activations as a')
    .innerJoin('licences as l', 'l.id', 'a.licence_id')
    .select(['a.package_id', 'a.licence_id', 'a.activated_at', 'a.operation_id', 'l.edition'])
    .select(['l.activated_at as since', 'l.valid_until', stateAt(at).as('status')])
    .where((where) =>
      where.or([
        where('a.project_id', '=', project),
        where.and([where('a.reserved_for', '=', project), where('a.activated_at', 'is', null)]),
      ]),
    )
    .where('a.deactivated_at', 'is', null)
    .orderBy('a.activated_at', (order) => order.asc().nullsFirst())
    .execute()
  return rows.map((row) => ({
    packageId: row.package_id,
    licence: row.licence_id,
    edition: row.edition,
    pending: row.activated_at === null,
    operation: row.operation_id ?? undefined,
    term:
      RENEWABLE.includes(row.status) && row.since && row.valid_until
        ? { since: row.since, until: row.valid_until }
        : undefined,
    state: HOLDING_STATES[row.status],
  }))
}

const RENEWABLE: readonly LicenceStatus[] = ['active', 'expired']

const HOLDING_STATES: Record<LicenceStatus, Holding['state']> = {
  reserved: 'valid',
  active: 'valid',
  suspended: 'suspended',
  expired: 'over',
  refunded: 'over',
  revoked: 'over',
}
