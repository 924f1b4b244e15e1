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
  token: { id: ProjectTokenId; label: string; publicKey: string }
  /** Its place in the list. Names no token, because not everybody who sees installs may see the tokens. */
  key: string
}

/**
 * The last installs on a project, newest first, beginning after the place `after`. Reads at most `limit` rows of each of
 * its tokens, by the index `downloads_by_time`. With an invalid place it begins at the start.
 */
export async function listInstalls(
  db: Db,
  { project, limit, after }: { project: ProjectId; limit: number; after?: string | undefined },
): Promise<Install[]> {
  const place = after === undefined ? undefined : installPlaceIn(after)
  const from = place ? sql`and (d.minute, d.version_id) <= (${place.at}, ${place.version})` : sql``
  const { rows } = await sql<Row>`
    select i.minute, i.version_id, i.token_id, t.label, t.public_key, p.name, v.tag
      from (
        select d.minute, d.version_id, d.token_id
          from project_tokens k
          cross join lateral (
            select d.minute, d.version_id, d.token_id from downloads d
             where d.token_id = k.id ${from}
             order by d.minute desc, d.version_id desc
             -- at most one row of a token is before the place
             limit ${limit + 1}) d
         where k.project_id = ${project}
         order by d.minute desc, d.version_id desc, d.token_id desc
         limit ${limit} offset ${place?.shown ?? 0}) i
      join project_tokens t on t.id = i.token_id
      join versions v on v.id = i.version_id
      join packages p on p.id = v.package_id
     order by i.minute desc, i.version_id desc, i.token_id desc`.execute(db)
  const keyOf = keysAfter(place)
  return rows.map((row) => ({
    at: row.minute,
    packageName: row.name,
    version: row.tag,
    token: { id: row.token_id, label: row.label, publicKey: row.public_key },
    key: keyOf(row),
  }))
}

interface Row {
  minute: Date
  version_id: VersionId
  token_id: ProjectTokenId
  label: string
  public_key: string
  name: string
  tag: string
}

/** A place is behind the first `shown` installs of this version in this minute, each with another token. */
interface Place {
  at: Date
  version: VersionId
  shown: number
}

/** Returns the keys of the rows, which it gets in the order of the list. */
function keysAfter(before: Place | undefined): (row: Row) => string {
  let last = before
  return ({ minute: at, version_id: version }) => {
    const isSame = last?.version === version && last.at.getTime() === at.getTime()
    last = { at, version, shown: isSame && last ? last.shown + 1 : 1 }
    return `${at.toISOString()} ${version} ${last.shown}`
  }
}

/** Whether a text from outside can be a place in a list of installs. */
export const isInstallKey = (text: string): boolean => installPlaceIn(text) !== undefined

function installPlaceIn(key: string): Place | undefined {
  const [time = '', version = '', shown = ''] = key.split(' ')
  const at = new Date(time)
  const isPlace = !Number.isNaN(at.getTime()) && isId('ver', version) && /^[1-9]\d{0,3}$/.test(shown)
  return isPlace ? { at, version, shown: Number(shown) } : undefined
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
