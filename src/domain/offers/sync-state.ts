import type { Refusal } from '#kernel/errors'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** How the tags of a package are followed. */
export interface SyncState {
  /** The Git host. Undefined when the package was not published from Git. */
  host: string | undefined
  /** Whether the host reports pushes to us. Otherwise we look every 15 minutes. */
  isHooked: boolean
  lastPushAt: Date | undefined
  /** A look was asked for and has not ended. */
  isLooking: boolean
  lookedAt: Date | undefined
  /** Why the last look failed. */
  error: Refusal | undefined
}

const NOT_FOLLOWED: SyncState = {
  host: undefined,
  isHooked: false,
  lastPushAt: undefined,
  isLooking: false,
  lookedAt: undefined,
  error: undefined,
}

/** Uses the primary key of `package_syncs` and the index `package_hooks_one_per_package`. */
export async function syncStates(db: Db, ids: readonly PackageId[]): Promise<Map<PackageId, SyncState>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('packages as p')
    .leftJoin('package_hooks as h', (on) =>
      on.onRef('h.package_id', '=', 'p.id').on('h.removed_at', 'is', null),
    )
    .leftJoin('package_syncs as s', 's.package_id', 'p.id')
    .select(['p.id', 'h.host', 'h.host_hook_id', 'h.last_push_at'])
    .select(['s.asked', 's.ended', 's.ended_at', 's.error'])
    .where('p.id', 'in', ids)
    .execute()
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...NOT_FOLLOWED,
        host: row.host ?? undefined,
        isHooked: row.host_hook_id !== null,
        lastPushAt: row.last_push_at ?? undefined,
        isLooking: (row.asked ?? 0) > (row.ended ?? 0),
        lookedAt: row.ended_at ?? undefined,
        error: (row.error as Refusal | null) ?? undefined,
      },
    ]),
  )
}
