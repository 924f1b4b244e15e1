import type { Db } from '../../platform/database.ts'
import { LogEntryNotFound, LogSizeIsInvalid } from './errors.ts'
import { consistencyPath, inclusionPath, joined, type Range, subtreesOf, type TreeHead } from './merkle.ts'

/** The log now. */
export async function logHead(db: Db): Promise<TreeHead> {
  return db.selectFrom('transparency_head').select(['size', 'root']).executeTakeFirstOrThrow()
}

/** An entry as it is hashed. */
export interface StoredEntry {
  /** Its place in the log, beginning with 0. */
  leaf: number
  body: string
}

export interface EntryFilter {
  /** Composer name. */
  package?: string | undefined
  /** Hexadecimal. */
  zipSha256?: string | undefined
}

/** Entries with `leaf` >= `from`, oldest first. */
export async function entriesFrom(
  db: Db,
  { from, limit, ...filter }: EntryFilter & { from: number; limit: number },
): Promise<StoredEntry[]> {
  const query = entries(db, filter).where('leaf', '>=', from).orderBy('leaf').limit(limit)
  return query.$narrowType<{ leaf: number }>().execute()
}

/** Entries with `leaf` < `before`, newest first. */
export async function entriesBefore(
  db: Db,
  { before, limit, ...filter }: EntryFilter & { before: number; limit: number },
): Promise<StoredEntry[]> {
  const query = entries(db, filter).where('leaf', '<', before).orderBy('leaf', 'desc').limit(limit)
  return query.$narrowType<{ leaf: number }>().execute()
}

function entries(db: Db, { package: name, zipSha256 }: EntryFilter) {
  return db
    .selectFrom('transparency_entries')
    .select(['leaf', 'body'])
    .$if(name !== undefined, (query) => query.where('package', '=', name ?? ''))
    .$if(zipSha256 !== undefined, (query) => query.where('zip_sha256', '=', zipSha256 ?? ''))
}

/** The hashes that prove that a tree of `size` leaves has the leaf. Refuses `log_size_invalid`, `log_entry_not_found`. */
export async function inclusionProof(
  db: Db,
  { leaf, size }: { leaf: number; size?: number | undefined },
): Promise<{ size: number; path: Buffer[] }> {
  const wanted = await knownSize(db, size)
  if (leaf >= wanted) throw new LogEntryNotFound(leaf, wanted)
  return { size: wanted, path: await hashesOf(db, inclusionPath(leaf, { from: 0, to: wanted })) }
}

/** The hashes that prove that the tree of `from` leaves is the beginning of that of `to` leaves. Refuses `log_size_invalid`. */
export async function consistencyProof(
  db: Db,
  { from, to }: { from: number; to?: number | undefined },
): Promise<{ to: number; path: Buffer[] }> {
  const later = await knownSize(db, to)
  if (from > later) throw new LogSizeIsInvalid(later)
  return { to: later, path: await hashesOf(db, consistencyPath(from, later)) }
}

async function knownSize(db: Db, wanted: number | undefined): Promise<number> {
  const { size } = await logHead(db)
  if (wanted !== undefined && wanted > size) throw new LogSizeIsInvalid(size)
  return wanted ?? size
}

/** Reads all needed subtrees at once. They never change, so they need no snapshot. */
async function hashesOf(db: Db, ranges: readonly Range[]): Promise<Buffer[]> {
  const wanted = ranges.flatMap(subtreesOf)
  if (!wanted.length) return []
  const rows = await db
    .selectFrom('transparency_nodes')
    .select(['level', 'place', 'hash'])
    .where((where) => where.or(wanted.map(({ level, place }) => where.and({ level, place }))))
    .execute()
  const found = new Map(rows.map(({ level, place, hash }) => [`${level} ${place}`, hash]))
  return ranges.map((range) =>
    joined(
      subtreesOf(range).map(({ level, place }) => {
        const hash = found.get(`${level} ${place}`)
        if (!hash) throw new Error(`the log has no node ${level}/${place}`)
        return hash
      }),
    ),
  )
}
