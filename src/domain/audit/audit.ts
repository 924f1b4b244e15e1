import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** One chain per org and per customer, and one for what concerns the platform alone. */
export type Chain = `org:${OrgId}` | `customer:${CustomerId}` | 'platform'

/** What happened, in ids and codes: no names, no addresses, no secrets. */
export interface AuditEvent {
  chain: Chain
  /** A verb phrase such as `set_up_project`; of a tool, its name. */
  action: string
  outcome: 'done' | 'refused' | 'failed'
  customer?: CustomerId | undefined
  connection?: ConnectionId | undefined
  /** The client's id, not its name. */
  client?: string | undefined
  org?: OrgId | undefined
  /** The id of what the action was done to. */
  object?: string | undefined
  /** Why it was refused or failed. */
  code?: string | undefined
  /** The id of the request, as the log has it. */
  request?: string | undefined
  operation?: OperationId | undefined
  detail?: Record<string, string | number | boolean> | undefined
}

/**
 * Appends an event to its chain and answers its number there, counted from 1. The last statement of the action's
 * transaction: without it no action, and until the commit it holds the chain's row.
 */
export async function audit(tx: Db, { chain, ...event }: AuditEvent): Promise<number> {
  const { rows } = await sql<{ seq: number }>`
    select append_audit_event(${chain}, ${JSON.stringify(event)}::jsonb) as seq`.execute(tx)
  const [appended] = rows
  if (!appended) throw new Error(`nothing was appended to ${chain}`)
  return appended.seq
}
