import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { AdvisoryId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type PackageEvent, nameOf } from './package-event.ts'

/**
 * Logs an event in its transaction, once. Call it after the rows of the event are written. Does nothing for a package that
 * is not public; `logPastOf` logs its events when it becomes public. The database gives the entry its leaf at the
 * commit, so the call may be anywhere in the transaction.
 *
 * An entry has public facts and hashes only. It never has text that a person wrote, because it can never be removed.
 */
export async function appendToLog(tx: Db, event: PackageEvent): Promise<void> {
  if (!tx.isTransaction) throw new TypeError('An event is logged in its own transaction.')
  const subject = await subjectOf(tx, event)
  if (!subject) return
  const { name, loggedAt, zipSha256, facts } = subject
  const body = {
    kind: event.kind,
    logged_at: loggedAt.toISOString(),
    package: name,
    ...facts,
    ...(zipSha256 && { zip_sha256: zipSha256 }),
    ...('movedTo' in event && { moved_to: event.movedTo }),
    ...('reason' in event && event.reason !== undefined && { reason_sha256: sha256(event.reason) }),
  }
  await tx
    .insertInto('transparency_entries')
    .values({ deed: nameOf(event), package: name, zip_sha256: zipSha256 ?? null, body: JSON.stringify(body) })
    .onConflict((on) => on.column('deed').doNothing())
    .execute()
}

interface Subject {
  loggedAt: Date
  /** Composer name. */
  name: string
  zipSha256?: string | undefined
  /** Fields of the entry. */
  facts: Record<string, string | number | null>
}

/** Undefined when the package is not public. */
async function subjectOf(tx: Db, event: PackageEvent): Promise<Subject | undefined> {
  return event.kind === 'advisory_filed' ? advisoryOf(tx, event.advisory) : versionOf(tx, event)
}

async function versionOf(
  tx: Db,
  { kind, version }: PackageEvent & { version: VersionId },
): Promise<Subject | undefined> {
  const row = await tx
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .innerJoin('package_offers as o', 'o.id', 'p.id')
    .select([now, 'p.name', 'v.label', 'v.tag', 'v.commit_sha', 'v.tree_sha', 'v.released_at'])
    .select(['v.zip_sha1', 'v.zip_sha256', 'v.zip_bytes', 'v.content_sha256'])
    .where('v.id', '=', version)
    .where('o.is_known', '=', true)
    .executeTakeFirst()
  if (!row) return undefined
  const { name, loggedAt, zip_sha256, zip_sha1, zip_bytes, content_sha256 } = row
  const named = { version: row.label, tag: row.tag, commit: row.commit_sha }
  const hashes = zip_sha256 && { zip_sha1, zip_bytes, content_sha256 }
  const facts: Subject['facts'] =
    kind === 'version_published'
      ? { ...named, tree: row.tree_sha, released_at: row.released_at.toISOString(), ...hashes }
      : named
  return { name, loggedAt, zipSha256: zip_sha256 ?? undefined, facts }
}

async function advisoryOf(tx: Db, id: AdvisoryId): Promise<Subject | undefined> {
  const row = await tx
    .selectFrom('advisories as a')
    .innerJoin('packages as p', 'p.id', 'a.package_id')
    .innerJoin('package_offers as o', 'o.id', 'p.id')
    .select([now, 'p.name', 'a.affected_versions', 'a.severity', 'a.cve', 'a.title'])
    .where('a.id', '=', id)
    .where('o.is_known', '=', true)
    .executeTakeFirst()
  if (!row) return undefined
  const { name, loggedAt, affected_versions, severity, cve, title } = row
  const facts = {
    advisory: id,
    affected_versions,
    severity,
    ...(cve && { cve }),
    title_sha256: sha256(title),
  }
  return { name, loggedAt, facts }
}

/** The clock of the database, as in the audit log. */
const now = sql<Date>`clock_timestamp()`.as('loggedAt')

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
