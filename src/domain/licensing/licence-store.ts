import type { ItemId, LicenceId, LineId, OrgId, PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'
import { type Licence, paidUntil } from './licence.ts'

export interface Reservation {
  id: LicenceId
  org: OrgId
  packageId: PackageId
  edition: Edition
  model: PriceModel
  item: ItemId
  at: Date
}

/** Creates a licence that is not paid yet, so it is not in force. */
export async function reserveLicence(tx: Db, reservation: Reservation): Promise<void> {
  await tx
    .insertInto('licences')
    .values({
      id: reservation.id,
      org_id: reservation.org,
      package_id: reservation.packageId,
      edition: reservation.edition,
      model: reservation.model,
      order_item_id: reservation.item,
      status: 'reserved',
      created_at: reservation.at,
    })
    .execute()
}

/** Makes the licences of a paid line valid from `at`. A second run keeps the first dates. */
export async function validateLicences(tx: Db, line: LineId, at: Date): Promise<void> {
  for (const model of ['free', 'one_time', 'yearly'] as const)
    await tx
      .updateTable('licences')
      .set({ status: 'active', activated_at: at, valid_until: paidUntil(model, at) ?? null })
      .where('model', '=', model)
      .where('status', '=', 'reserved')
      .where('order_item_id', 'in', tx.selectFrom('order_items').select('id').where('line_id', '=', line))
      .execute()
}

/** The undo before a line is paid: deletes its reserved licences and their slots. */
export async function releaseLicences(tx: Db, line: LineId): Promise<void> {
  const reserved = await tx
    .selectFrom('licences as l')
    .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
    .select('l.id')
    .where('i.line_id', '=', line)
    .where('l.status', '=', 'reserved')
    .forUpdate('l')
    .execute()
  const ids = reserved.map(({ id }) => id)
  if (!ids.length) return
  await tx.deleteFrom('activations').where('licence_id', 'in', ids).execute()
  await tx.deleteFrom('licences').where('id', 'in', ids).execute()
}

/** The undo after a line was settled: ends its licences and their activations. */
export async function revokeLicences(
  tx: Db,
  line: LineId,
  { as, at }: { as: 'refunded' | 'revoked'; at: Date },
): Promise<void> {
  const bought = tx
    .selectFrom('licences as l')
    .innerJoin('order_items as i', 'i.id', 'l.order_item_id')
    .select('l.id')
    .where('i.line_id', '=', line)
  await tx
    .updateTable('activations')
    .set({ deactivated_at: at })
    .where('licence_id', 'in', bought)
    .where('deactivated_at', 'is', null)
    .execute()
  await tx
    .updateTable('licences')
    .set({ status: as })
    .where('id', 'in', bought)
    .where('status', 'in', ['active', 'expired', 'suspended'])
    .execute()
}

/** Finds licences by id. Ordered by package name. */
export async function licencesById(db: Db, ids: readonly LicenceId[]): Promise<Licence[]> {
  if (!ids.length) return []
  const rows = await db
    .selectFrom('licences as l')
    .innerJoin('packages as p', 'p.id', 'l.package_id')
    .select(['l.id', 'l.package_id', 'p.name', 'l.edition', 'l.valid_until'])
    .where('l.id', 'in', ids)
    .orderBy('p.name')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    packageId: row.package_id,
    packageName: row.name,
    edition: row.edition,
    validUntil: row.valid_until ?? undefined,
  }))
}
