import { type SqlBool, sql } from 'kysely'
import type { ConnectionId, CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { AuditEvent } from './audit.ts'
import type { Chain } from './chain.ts'

export interface EventFilter {
  action?: string | undefined
  outcome?: AuditEvent['outcome'] | undefined
  /** The person who acted. */
  customer?: CustomerId | undefined
  connection?: ConnectionId | undefined
  /** Inclusive. */
  since?: Date | undefined
  /** Exclusive. */
  until?: Date | undefined
}

/** An event as it was recorded. */
export interface RecordedEvent extends Omit<AuditEvent, 'chain'> {
  seq: number
  at: Date
}

export interface EventsWanted {
  chain: Chain
  filter?: EventFilter
  limit: number
  /** The last event of the page before. */
  after?: Pick<RecordedEvent, 'at' | 'seq'> | undefined
}

/**
 * The events of a chain, newest first. Events that are appended meanwhile do not shift the next pages. Each filter has
 * an index of its own in the order of the list, so a long chain does not make the query slow.
 */
export async function listAuditEvents(db: Db, wanted: EventsWanted): Promise<RecordedEvent[]> {
  const { rows } = await eventsQuery(wanted).execute(db)
  return rows.map(({ seq, at, body }) => {
    const { chain: _, ...event } = JSON.parse(body) as AuditEvent
    return { ...event, seq, at }
  })
}

/** Exported for the test of its query plan. It uses the same expressions as the indexes. */
export function eventsQuery({ chain, filter = {}, limit, after }: EventsWanted) {
  const { action, outcome, customer, connection, since, until } = filter
  const conditions = [
    sql<SqlBool>`chain = ${chain}`,
    action && sql<SqlBool>`body::jsonb ->> 'action' = ${action}`,
    outcome && sql<SqlBool>`body::jsonb ->> 'outcome' = ${outcome}`,
    customer && sql<SqlBool>`body::jsonb ->> 'customer' = ${customer}`,
    connection && sql<SqlBool>`body::jsonb ->> 'connection' = ${connection}`,
    since && sql<SqlBool>`at >= ${since}`,
    until && sql<SqlBool>`at < ${until}`,
    after && sql<SqlBool>`(at, seq) < (${after.at}::timestamptz, ${after.seq}::bigint)`,
  ].flatMap((one) => one || [])
  return sql<{ seq: number; at: Date; body: string }>`
    select seq, at, body from audit_events where ${sql.join(conditions, sql` and `)}
     order by at desc, seq desc limit ${limit}`
}
