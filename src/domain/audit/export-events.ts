import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type Actor, audit, by } from './audit.ts'
import type { Chain } from './chain.ts'
import { type EventFilter, listAuditEvents, type RecordedEvent } from './list-events.ts'
import { eventLine, type ExportLine, headLine } from './verify-export.ts'

const PAGE = 500

export interface ExportWanted {
  chain: Chain
  actor: Actor
}

/**
 * Exports a whole chain, oldest first, so that `verifyExport` can check it. The export is itself an event, and the last
 * one of the file. Audited before the first line is read; holds one page in memory.
 */
export async function exportChain(db: Db, wanted: ExportWanted): Promise<AsyncGenerator<ExportLine>> {
  const last = await auditExport(db, wanted, { format: 'ndjson' })
  return chainUpTo(db, wanted.chain, last)
}

/** Exports the events of a filter in pages, newest first. The export is itself an event, as in `exportChain`. */
export async function exportEvents(
  db: Db,
  { filter, ...wanted }: ExportWanted & { filter: EventFilter },
): Promise<AsyncGenerator<RecordedEvent[]>> {
  await auditExport(db, wanted, { format: 'csv', ...named(filter) })
  return eventsOf(db, wanted.chain, filter)
}

async function auditExport(
  db: Db,
  { chain, actor }: ExportWanted,
  detail: Record<string, string>,
): Promise<number> {
  const org = chain.startsWith('org:') ? (chain.slice('org:'.length) as `org_${string}`) : undefined
  return inTransaction(db, (tx) =>
    audit(tx, { chain, action: 'export_audit_log', outcome: 'done', ...by(actor), org, detail }),
  )
}

/** The filter as texts. */
const named = (filter: EventFilter): Record<string, string> =>
  Object.fromEntries(
    Object.entries(filter).flatMap(([name, value]: [string, string | Date | undefined]) =>
      value === undefined ? [] : [[name, value instanceof Date ? value.toISOString() : value]],
    ),
  )

async function* chainUpTo(db: Db, chain: Chain, last: number): AsyncGenerator<ExportLine> {
  let seq = 0
  let hash: Buffer = Buffer.alloc(0)
  while (seq < last) {
    const page = await db
      .selectFrom('audit_events')
      .select(['seq', 'body', 'prev_hash as prevHash', 'hash'])
      .where('chain', '=', chain)
      .where('seq', '>', seq)
      .where('seq', '<=', last)
      .orderBy('seq')
      .limit(PAGE)
      .execute()
    for (const event of page) {
      yield eventLine(event)
      ;({ seq, hash } = event)
    }
    // the database lacks an event; the check of the file will report this
    if (page.length < PAGE) break
  }
  yield headLine(chain, { seq, hash })
}

async function* eventsOf(db: Db, chain: Chain, filter: EventFilter): AsyncGenerator<RecordedEvent[]> {
  let after: RecordedEvent | undefined
  for (;;) {
    const page = await listAuditEvents(db, { chain, filter, limit: PAGE, after })
    if (page.length) yield page
    after = page.at(-1)
    if (page.length < PAGE) return
  }
}
