import type { Db } from '#platform/database'

/** The kinds of deeds in the transparency log about a version. */
export async function loggedDeedsOf(db: Db, version: string): Promise<{ kind: string }[]> {
  const rows = await db
    .selectFrom('transparency_entries')
    .select('deed')
    .where('deed', 'like', `% ${version}%`)
    .execute()
  return rows.map(({ deed }) => ({ kind: deed.split(' ')[0] ?? '' }))
}
