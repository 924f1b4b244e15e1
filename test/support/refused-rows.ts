import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import type { Db } from '#platform/database'

/** Lets Postgres refuse changes of a table, `when` a condition in SQL holds, until the test or the returned function ends it. */
export async function refuseRows(db: Db, table: string, change: 'insert' | 'update', when = 'true') {
  await sql`
    create or replace function refuse_row() returns trigger language plpgsql as
      $$ begin raise exception 'refused by a test'; end $$`.execute(db)
  await sql`
    create trigger refuse_row before ${sql.raw(change)} on ${sql.table(table)} for each row
      when (${sql.raw(when)}) execute function refuse_row()`.execute(db)
  const end = () => sql`drop trigger if exists refuse_row on ${sql.table(table)}`.execute(db)
  onTestFinished(async () => void (await end()))
  return end
}
