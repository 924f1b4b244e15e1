import { sql } from 'kysely'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

const AT_MOST_EVERY_MS = 60_000
const GATHER_MS = 2_000

export interface LastUse {
  /** Remembers a use. Most calls only read a map. */
  note: (connection: ConnectionId, at: Date) => void
  /** Writes the uses that are not written yet. */
  flush: () => Promise<void>
}

/** Updates `last_used_at` of connections in batches, each at most once a minute. Losing an update does no harm. */
export function lastUse(db: Db, onError: (error: unknown) => void): LastUse {
  const seen = new Map<ConnectionId, number>()
  let noted = new Map<ConnectionId, Date>()
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const used = noted
    noted = new Map()
    for (const at of used.values()) forgetBefore(seen, at.getTime() - AT_MOST_EVERY_MS)
    if (used.size) await writeLastUse(db, used)
  }

  return {
    flush,
    note(connection, at) {
      if (at.getTime() - (seen.get(connection) ?? -Infinity) < AT_MOST_EVERY_MS) return
      seen.set(connection, at.getTime())
      noted.set(connection, at)
      timer ??= setTimeout(() => void flush().catch(onError), GATHER_MS).unref()
    },
  }
}

function forgetBefore(seen: Map<ConnectionId, number>, moment: number): void {
  for (const [connection, at] of seen) if (at < moment) seen.delete(connection)
}

async function writeLastUse(db: Db, used: Map<ConnectionId, Date>): Promise<void> {
  const ids = [...used.keys()]
  const moments = [...used.values()]
  await sql`
    update connections c set last_used_at = used.at
      from unnest(${ids}::text[], ${moments}::timestamptz[]) as used (id, at)
     where c.id = used.id
       and (c.last_used_at is null or c.last_used_at <= used.at - make_interval(secs => ${AT_MOST_EVERY_MS / 1000}))`.execute(
    db,
  )
}
