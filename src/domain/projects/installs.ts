import { sql } from 'kysely'
import { isId, type ProjectId, type ProjectTokenId, type VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** One version, installed by Composer with one token. Composer reports what it installed. */
export interface Install {
  /** The minute. */
  at: Date
  packageName: string
  /** As it was tagged. */
  version: string
  token: { id: ProjectTokenId; label: string }
  /** Its place in the list. */
  key: string
}

/**
 * The last installs on a project, newest first, beginning after the place `after`. Reads at most `limit` rows of each of
 * its tokens, by the index `downloads_by_time`.
 */
export async function listInstalls(
  db: Db,
  { project, limit, after }: { project: ProjectId; limit: number; after?: string | undefined },
): Promise<Install[]> {
  const place = after === undefined ? undefined : placeIn(after)
  const before = place
    ? sql`and (d.minute, d.version_id, d.token_id) < (${place.at}, ${place.version}, ${place.token})
          and d.minute <= ${place.at}`
    : sql``
  const { rows } = await sql<Row>`
    select i.minute, i.version_id, i.token_id, t.label, p.name, v.tag
      from (
        select d.minute, d.version_id, d.token_id
          from project_tokens k
          cross join lateral (
            select d.minute, d.version_id, d.token_id from downloads d
             where d.token_id = k.id ${before}
             order by d.minute desc, d.version_id desc
             limit ${limit}) d
         where k.project_id = ${project}
         order by d.minute desc, d.version_id desc, d.token_id desc
         limit ${limit}) i
      join project_tokens t on t.id = i.token_id
      join versions v on v.id = i.version_id
      join packages p on p.id = v.package_id
     order by i.minute desc, i.version_id desc, i.token_id desc`.execute(db)
  return rows.map(({ minute, version_id, token_id, label, name, tag }) => ({
    at: minute,
    packageName: name,
    version: tag,
    token: { id: token_id, label },
    key: `${minute.toISOString()} ${version_id} ${token_id}`,
  }))
}

interface Row {
  minute: Date
  version_id: VersionId
  token_id: ProjectTokenId
  label: string
  name: string
  tag: string
}

/** Whether a text from outside can be a place in a list of installs. */
export const isInstallKey = (text: string): boolean => placeIn(text) !== undefined

function placeIn(key: string): { at: Date; version: VersionId; token: ProjectTokenId } | undefined {
  const [time = '', version = '', token = ''] = key.split(' ')
  const at = new Date(time)
  const isPlace = !Number.isNaN(at.getTime()) && isId('ver', version) && isId('ptk', token)
  return isPlace ? { at, version, token } : undefined
}

/** How many versions were installed on each of the last `days` days in UTC, oldest first, days without installs too. */
export async function installsPerDay(
  db: Db,
  { project, days, at }: { project: ProjectId; days: number; at: Date },
): Promise<{ day: Date; installs: number }[]> {
  const today = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())
  const first = new Date(today - (days - 1) * DAY_MS)
  const { rows } = await sql<{ day: string; installs: number }>`
    select to_char(d.minute at time zone 'utc', 'YYYY-MM-DD') as day, count(*)::int as installs
      from project_tokens k
      join downloads d on d.token_id = k.id
     where k.project_id = ${project} and d.minute >= ${first}
     group by 1`.execute(db)
  const counted = new Map(rows.map(({ day, installs }) => [day, installs]))
  return Array.from({ length: days }, (_, i) => {
    const day = new Date(first.getTime() + i * DAY_MS)
    return { day, installs: counted.get(day.toISOString().slice(0, 10)) ?? 0 }
  })
}

const DAY_MS = 24 * 60 * 60_000
