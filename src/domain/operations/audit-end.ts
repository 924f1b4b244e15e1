import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import { audit, type AuditEvent } from '#domain/audit'
import type { Db } from '../../platform/database.ts'

interface Ended {
  id: OperationId
  story: string
  org_id: OrgId
  asked_by: CustomerId | null
  connection_id: ConnectionId | null
}

/**
 * Audits an operation that failed or was cancelled. The event of its start names the request. A cancellation that a
 * person requested has an event of its own. A story audits its success itself. Call it last in the transaction.
 */
export async function auditEnd(
  tx: Db,
  { id, story, org_id: org, asked_by, connection_id }: Ended,
  { outcome, code }: Pick<AuditEvent, 'outcome' | 'code'>,
): Promise<void> {
  await audit(tx, {
    chain: `org:${org}`,
    action: story,
    outcome,
    customer: asked_by ?? undefined,
    connection: connection_id ?? undefined,
    org,
    operation: id,
    code,
  })
}
