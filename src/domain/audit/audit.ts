import { type RawBuilder, sql } from 'kysely'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { originOfRequest, type RequestOrigin } from './addresses.ts'
import type { Chain } from './chain.ts'

export const OUTCOMES = ['done', 'refused', 'failed'] as const

/** Who acts, by which application and in which request. A `Caller` can be passed as an `Actor`. */
export interface Actor {
  customer: CustomerId
  /** Absent in the browser. */
  connection?: ConnectionId | undefined
  /** The client's id, not its name. */
  client?: string | undefined
  /** The id of the request, as in the log. */
  request?: string | undefined
}

/** The fields of an event that name its actor. */
export const by = ({ customer, connection, client, request }: Actor): Actor => ({
  customer,
  connection,
  client,
  request,
})

/** An event, in ids and codes only: no names, addresses or secrets. */
export interface AuditEvent extends Partial<Actor> {
  chain: Chain
  /** A verb phrase such as `set_up_project`. For a tool: the tool's name. */
  action: string
  outcome: (typeof OUTCOMES)[number]
  org?: OrgId | undefined
  /** The id of the object of the action. */
  object?: string | undefined
  /** Why it was refused or failed. */
  code?: string | undefined
  operation?: OperationId | undefined
  detail?: Record<string, string | number | boolean> | undefined
}

/**
 * Appends an event to its chain and returns its number there, beginning with 1. Call it last in the transaction of the
 * action, because it locks the row of the chain until the commit. If it fails, the action is rolled back. Within a
 * request, its address and agent are kept beside the chain for 90 days (`withOrigin`).
 */
export async function audit(tx: Db, { chain, ...event }: AuditEvent): Promise<number> {
  const append = sql`select append_audit_event(${chain}, ${JSON.stringify(event)}::jsonb) as seq`
  const origin = originOfRequest()
  const { rows } = await sql<{
    seq: number
  }>`${origin ? withAddress(append, chain, origin) : append}`.execute(tx)
  const [appended] = rows
  if (!appended) throw new Error(`nothing was appended to ${chain}`)
  return appended.seq
}

/** Both in one statement, so that an event costs one round trip. */
const withAddress = (append: RawBuilder<unknown>, chain: Chain, { address, agent }: RequestOrigin) => sql`
  with appended as (${append}), addressed as (
    insert into audit_addresses (chain, seq, address, agent)
    select ${chain}, seq, ${address ?? null}::inet, ${agent ?? null} from appended
  )
  select seq from appended`
