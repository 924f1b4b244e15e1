import type { Db } from '#platform/database'

/** The kinds of events in the transparency log about a version. */
export async function loggedEventsOf(db: Db, version: string): Promise<{ kind: string }[]> {
  const rows = await db
    .selectFrom('transparency_entries')
    .select('deed')
    .where('deed', 'like', `% ${version}%`)
    .execute()
  return rows.map(({ deed }) => ({ kind: deed.split(' ')[0] ?? '' }))
}
