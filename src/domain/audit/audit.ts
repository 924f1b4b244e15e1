import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** One chain per org, one per customer, and one for the platform. */
export type Chain = `org:${OrgId}` | `customer:${CustomerId}` | 'platform'

/** An event, in ids and codes only: no names, addresses or secrets. */
export interface AuditEvent {
  chain: Chain
  /** A verb phrase such as `set_up_project`. For a tool: the tool's name. */
  action: string
  outcome: 'done' | 'refused' | 'failed'
  customer?: CustomerId | undefined
  connection?: ConnectionId | undefined
  /** The client's id, not its name. */
  client?: string | undefined
  org?: OrgId | undefined
  /** The id of the object of the action. */
  object?: string | undefined
  /** Why it was refused or failed. */
  code?: string | undefined
  /** The id of the request, as in the log. */
  request?: string | undefined
  operation?: OperationId | undefined
  detail?: Record<string, string | number | boolean> | undefined
}

/**
 * Appends an event to its chain and returns its number there, beginning with 1. Call it last in the transaction of the
 * action, because it locks the row of the chain until the commit. If it fails, the action is rolled back.
 */
export async function audit(tx: Db, { chain, ...event }: AuditEvent): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select append_audit_event(${chain}, ${JSON.stringify(event)}::jsonb) as seq`.execute(tx)
  const [appended] = rows
  if (!appended) throw new Error(`nothing was appended to ${chain}`)
  return appended.seq
}
