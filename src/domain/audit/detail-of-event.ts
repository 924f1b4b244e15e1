import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import type { AuditEvent } from './audit.ts'

/** The detail of the last event of a chain with that action and object. Uses the index `audit_events_by_action`. */
export async function detailOfEvent(
  db: Db,
  { chain, action, object }: Pick<AuditEvent, 'chain' | 'action'> & { object: string },
): Promise<AuditEvent['detail']> {
  const { rows } = await sql<{ body: string }>`
    select body from audit_events
     where chain = ${chain} and body::jsonb ->> 'action' = ${action} and body::jsonb ->> 'object' = ${object}
     order by at desc, seq desc limit 1`.execute(db)
  const [row] = rows
  return row && (JSON.parse(row.body) as AuditEvent).detail
}
