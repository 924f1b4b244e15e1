import type { Db } from '#platform/database'

/** What was appended to any chain while `run` ran, oldest first. */
export async function writtenBy(db: Db, run: () => Promise<unknown>): Promise<Record<string, unknown>[]> {
  const all = async () => {
    const rows = await db
      .selectFrom('audit_events')
      .select(['body', 'chain', 'seq'])
      .orderBy('at')
      .orderBy('chain')
      .orderBy('seq')
      .execute()
    return rows.map(({ body }) => body)
  }
  const before = new Set(await all())
  await run()
  return (await all())
    .filter((body) => !before.has(body))
    .map((body) => JSON.parse(body) as Record<string, unknown>)
}
