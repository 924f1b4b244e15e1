import type { ProjectTokenId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** An installation that a client tells of. */
export interface Download {
  token: ProjectTokenId
  package: string
  /** As Composer normalises it. */
  version: string
  at: Date
  ip: string
  userAgent: string | undefined
}

/** Counts each version once a minute and token; versions we do not have are dropped. At most 5,000 at a time. */
export async function recordDownloads(db: Db, downloads: readonly Download[]): Promise<void> {
  if (!downloads.length) return
  const versions = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['v.id', 'v.version_normalized', 'p.name'])
    .where('p.name', 'in', [...new Set(downloads.map((each) => each.package))])
    .where('v.version_normalized', 'in', [...new Set(downloads.map(({ version }) => version))])
    .execute()
  const idOf = new Map(
    versions.map(({ id, name, version_normalized }) => [`${name} ${version_normalized}`, id]),
  )
  const rows = downloads.flatMap((each) => {
    const version = idOf.get(`${each.package} ${each.version}`)
    return version ? [rowOf(each, version)] : []
  })
  if (!rows.length) return
  await db
    .insertInto('downloads')
    .values(rows)
    .onConflict((on) => on.doNothing())
    .execute()
}

const rowOf = (download: Download, version: `ver_${string}`) => ({
  token_id: download.token,
  version_id: version,
  minute: new Date(Math.floor(download.at.getTime() / 60_000) * 60_000),
  ip: download.ip,
  user_agent: download.userAgent?.slice(0, 300) ?? null,
})
