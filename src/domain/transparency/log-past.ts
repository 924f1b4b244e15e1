import { type SqlBool, sql } from 'kysely'
import type { AdvisoryId, PackageId, VendorId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { appendToLog } from './append-to-log.ts'
import type { PackageEvent } from './package-event.ts'

const BATCH = 200

/** Logs the events of a package, or of all packages of a vendor, that became public in this transaction. */
export async function logPastOf(
  tx: Db,
  whose: { package: PackageId } | { vendor: VendorId },
): Promise<number> {
  const unlogged = await unloggedEvents(
    tx,
    'package' in whose ? sql<SqlBool>`o.id = ${whose.package}` : sql<SqlBool>`o.vendor_id = ${whose.vendor}`,
  )
  for (const event of unlogged) await appendToLog(tx, event)
  return unlogged.length
}

/**
 * Logs every event of public packages that is not in the log: those that are older than the log, and those of packages
 * that became public by hand. Returns how many they were. Uses one transaction for 200 of them.
 */
export async function logEverythingMissing(db: Db): Promise<number> {
  for (let logged = 0; ;) {
    const some = await inTransaction(db, async (tx) => {
      const unlogged = await unloggedEvents(tx, sql<SqlBool>`true`, BATCH)
      for (const event of unlogged) await appendToLog(tx, event)
      return unlogged.length
    })
    logged += some
    if (some < BATCH) return logged
  }
}

/** In the order in which they happened, as far as the rows say it: a publication has its time, the others follow. */
async function unloggedEvents(
  tx: Db,
  isWanted: ReturnType<typeof sql<SqlBool>>,
  limit = 100_000,
): Promise<PackageEvent[]> {
  const { rows } = await sql<Row>`
    with happened as (
      select 1 as part, 'version_published' as kind, v.id, v.package_id, v.released_at as at, null as more,
             'version_published ' || v.id as deed from versions v
      union all
      select 2, 'tag_moved', v.id, v.package_id, v.released_at, v.moved_to,
             'tag_moved ' || v.id || ' ' || v.moved_to from versions v where v.moved_to is not null
      union all
      select 2, 'version_withdrawn', v.id, v.package_id, v.released_at, null,
             'version_withdrawn ' || v.id from versions v where v.status = 'withdrawn'
      union all
      select 2, 'version_blocked', v.id, v.package_id, v.released_at, v.blocked_because,
             'version_blocked ' || v.id from versions v where v.status = 'blocked'
      union all
      select 2, 'advisory_filed', a.id, a.package_id, a.reported_at, null,
             'advisory_filed ' || a.id from advisories a)
    select h.kind, h.id, h.more
      from happened h
      join package_offers o on o.id = h.package_id
     where o.is_known and ${isWanted}
       and not exists (select from transparency_entries e where e.deed = h.deed)
     order by h.part, h.at, h.id
     limit ${limit}`.execute(tx)
  return rows.map(eventOf)
}

interface Row {
  kind: PackageEvent['kind']
  id: string
  /** The commit to which a tag moved, or why a version was blocked. */
  more: string | null
}

function eventOf({ kind, id, more }: Row): PackageEvent {
  const version = id as VersionId
  switch (kind) {
    case 'advisory_filed':
      return { kind, advisory: id as AdvisoryId }
    case 'tag_moved':
      return { kind, version, movedTo: more ?? '' }
    case 'version_published':
      return { kind, version }
    case 'version_withdrawn':
    case 'version_blocked':
      return { kind, version, reason: more ?? undefined }
  }
}
