import { sql } from 'kysely'
import type { OperationStatus, WaitingFor } from '#contracts/status-update'
import type { CustomerId, OperationId, OrgId } from '#kernel/ids'
import { rolesWith } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

/** What a colleague who may stop an operation sees of it: no link, no result and no keys. */
export interface OperationOfOther {
  id: OperationId
  story: string
  status: OperationStatus
  waitingFor?: WaitingFor
  waitingUntil?: Date
  /** The name of the person who started it. */
  askedBy?: string
  /** That person is not in the org any more. */
  hasLeft: boolean
  createdAt: Date
  cancelRequested: boolean
}

/**
 * The open operations of others in an org that the customer may stop now, the newest first. Nothing for a customer whose
 * role may stop none.
 */
export async function stoppableOperations(
  db: Db,
  { org, customer, limit }: { org: OrgId; customer: CustomerId; limit: number },
): Promise<OperationOfOther[]> {
  const rows = await db
    .selectFrom('operations as p')
    .innerJoin('org_members as m', (on) =>
      on.onRef('m.org_id', '=', 'p.org_id').on('m.customer_id', '=', customer),
    )
    .leftJoin('customers as u', 'u.id', 'p.asked_by')
    .leftJoin('org_members as a', (on) =>
      on.onRef('a.org_id', '=', 'p.org_id').onRef('a.customer_id', '=', 'p.asked_by'),
    )
    .select(['p.id', 'p.story', 'p.status', 'p.waiting_for', 'p.waiting_until', 'p.created_at'])
    .select(['p.cancel_requested_at', 'u.display_name', 'a.customer_id as member'])
    .where('p.org_id', '=', org)
    .where('p.finished_at', 'is', null)
    .where('p.cancellable', '=', true)
    .where(sql<boolean>`p.asked_by is distinct from ${customer}`)
    .where('m.role', 'in', rolesWith('stop_operations'))
    .orderBy('p.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    story: row.story,
    status: row.status,
    ...(row.waiting_for && { waitingFor: row.waiting_for as WaitingFor }),
    ...(row.waiting_until && { waitingUntil: row.waiting_until }),
    ...(row.display_name && { askedBy: row.display_name }),
    hasLeft: !row.member,
    createdAt: row.created_at,
    cancelRequested: row.cancel_requested_at !== null,
  }))
}
