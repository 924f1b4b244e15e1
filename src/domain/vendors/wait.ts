import type { OperationId, VendorId } from '#kernel/ids'
import { enqueueNudge } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { ApplicationWasDeclined, ApplicationWasWithdrawn } from './errors.ts'

/** Notes which vendor an operation waits for. An operation waits for one vendor. */
export async function noteVendorWait(
  tx: Db,
  { operation, vendor }: { operation: OperationId; vendor: VendorId },
): Promise<void> {
  await tx.insertInto('vendor_waits').values({ operation_id: operation, vendor_id: vendor }).execute()
}

/** The vendor that an operation waits for, or waited for. */
export async function awaitedVendor(db: Db, operation: OperationId): Promise<VendorId | undefined> {
  const row = await db
    .selectFrom('vendor_waits')
    .select('vendor_id')
    .where('operation_id', '=', operation)
    .executeTakeFirst()
  return row?.vendor_id
}

/** Nudges every operation that waits for the approval of this vendor. */
export async function nudgeVendorWaits(tx: Db, vendor: VendorId): Promise<void> {
  const waiting = await tx
    .selectFrom('vendor_waits as w')
    .innerJoin('operations as p', 'p.id', 'w.operation_id')
    .select('p.workflow_id')
    .where('w.vendor_id', '=', vendor)
    .where('p.finished_at', 'is', null)
    .orderBy('p.workflow_id')
    .execute()
  for (const { workflow_id } of waiting) await enqueueNudge(tx, workflow_id)
}

/**
 * Returns the vendor of an operation once it is approved, and undefined while its application is open. Refuses `application_declined`
 * and `application_withdrawn`.
 */
export async function lookForApproval(db: Db, operation: OperationId): Promise<VendorId | undefined> {
  const vendor = await awaitedVendor(db, operation)
  if (!vendor) throw new TypeError(`${operation} waits for no vendor`)
  const found = await db
    .selectFrom('vendors')
    .select('approved_at')
    .where('id', '=', vendor)
    .executeTakeFirst()
  if (found) return found.approved_at ? vendor : undefined
  const { slug, outcome } = await db
    .selectFrom('ended_applications')
    .select(['slug', 'outcome'])
    .where('vendor_id', '=', vendor)
    .executeTakeFirstOrThrow()
  throw outcome === 'declined' ? new ApplicationWasDeclined(slug) : new ApplicationWasWithdrawn(slug)
}
