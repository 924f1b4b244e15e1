import { sql } from 'kysely'
import type { ProjectTokenId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** An installation that a client reported. */
export interface Download {
  token: ProjectTokenId
  package: string
  /** The normalized version. */
  version: string
  at: Date
  /** Undefined when the proxies did not report a valid address. */
  ip: string | undefined
  userAgent: string | undefined
}

/**
 * Records each version once per minute and token. Ignores versions that do not exist or that the token's project may
 * not install, because anybody with a token can report anything. At most 5,000 at a time. Adds the new
 * rows to `package_downloads`, but not what projects of the vendor's own org installed: a vendor could raise the number.
 */
export async function recordDownloads(db: Db, downloads: readonly Download[]): Promise<void> {
  if (!downloads.length) return
  const versions = await versionsOpenTo(db, downloads)
  const idOf = new Map(versions.map((row) => [`${row.token} ${row.name} ${row.version_normalized}`, row.id]))
  const rows = downloads.flatMap((each) => {
    const version = idOf.get(`${each.token} ${each.package} ${each.version}`)
    return version ? [rowOf(each, version)] : []
  })
  rows.sort(byKey)
  if (!rows.length) return
  await db
    .with('added', (query) =>
      query
        .insertInto('downloads')
        .values(rows)
        .onConflict((on) => on.doNothing())
        .returning(['token_id', 'version_id']),
    )
    .insertInto('package_downloads')
    .columns(['package_id', 'downloads'])
    .expression((query) =>
      query
        .selectFrom('added')
        .innerJoin('versions as v', 'v.id', 'added.version_id')
        .innerJoin('packages as p', 'p.id', 'v.package_id')
        .innerJoin('vendors as n', 'n.id', 'p.vendor_id')
        .innerJoin('project_tokens as t', 't.id', 'added.token_id')
        .innerJoin('projects as j', 'j.id', 't.project_id')
        .whereRef('j.org_id', '<>', 'n.org_id')
        .select((is) => ['v.package_id', is.fn.countAll<number>().as('downloads')])
        .groupBy('v.package_id')
        // the same order in every process, as in `byKey`
        .orderBy('v.package_id'),
    )
    .onConflict((on) =>
      on
        .column('package_id')
        .doUpdateSet({ downloads: sql<number>`package_downloads.downloads + excluded.downloads` }),
    )
    .execute()
}

async function versionsOpenTo(db: Db, downloads: readonly Download[]) {
  const tokens = await db
    .selectFrom('project_tokens')
    .select(['id', 'project_id'])
    .where('id', 'in', [...new Set(downloads.map(({ token }) => token))])
    .execute()
  if (!tokens.length) return []
  return (
    db
      .selectFrom('entitlements as e')
      .innerJoin('project_tokens as t', 't.project_id', 'e.project_id')
      .innerJoin('packages as p', 'p.id', 'e.package_id')
      .innerJoin('versions as v', (on) =>
        on.onRef('v.package_id', '=', 'p.id').onRef('v.released_at', '<=', 'e.until'),
      )
      .select(['t.id as token', 'p.name', 'v.id', 'v.version_normalized'])
      // as values, because Postgres filters the view by values: with only a join it would compute the view
      // for all projects
      .where('e.project_id', 'in', [...new Set(tokens.map(({ project_id }) => project_id))])
      .where(
        't.id',
        'in',
        tokens.map(({ id }) => id),
      )
      .where('p.name', 'in', [...new Set(downloads.map((each) => each.package))])
      .where('v.version_normalized', 'in', [...new Set(downloads.map(({ version }) => version))])
      .execute()
  )
}

const rowOf = (download: Download, version: `ver_${string}`) => ({
  token_id: download.token,
  version_id: version,
  minute: new Date(Math.floor(download.at.getTime() / 60_000) * 60_000),
  ip: download.ip ?? null,
  user_agent: download.userAgent?.slice(0, 300) ?? null,
})

type Row = ReturnType<typeof rowOf>

/** The same order in every process: otherwise two batches with the same downloads wait for each other. */
function byKey(one: Row, other: Row): number {
  const [a, b] = [one, other].map((row) => `${row.token_id} ${row.version_id} ${row.minute.toISOString()}`)
  return a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1
}
