import { sql } from 'kysely'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'

/** Stores an operation of another story that the same person began later, and that ended as the operation `as` did. */
export async function anEndedOperation(db: Db, { story, as }: { story: string; as: string }): Promise<void> {
  const id = mintId('op', Date.now() + 1, Math.random)
  const changed = JSON.stringify({ id, story, input: {}, link: null, workflow_id: `${story}/${id}` })
  await sql`
    insert into operations select (jsonb_populate_record(o, ${changed}::jsonb)).*
      from operations o where id = ${as}`.execute(db)
}
