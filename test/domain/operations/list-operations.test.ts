import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listOperations } from '#domain/operations'
import { aTeam } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { planOf } from '../../support/plan-of.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

test('the operations of a quiet member of a busy org are listed without reading those of the others', async () => {
  const { db } = database
  const { org, people } = await aTeam(db, 'owner', 'viewer')
  await sql`
    insert into operations (id, org_id, story, idempotency_key, input, input_hash, asked_by, workflow_id, created_at, updated_at)
    select 'op_' || lpad(n::text, 26, '0'), ${org.id}, 'wash_car', 'key-' || lpad(n::text, 8, '0'), '{}', sha256('{}'),
           case when n = 1 then ${people.viewer.customer} else ${people.owner.customer} end, 'wash/' || n, now(), now()
      from generate_series(1, 2000) n`.execute(db)
  await sql`analyze operations`.execute(db)
  const wanted = { org: org.id, customer: people.viewer.customer, stories: ['wash_car'], limit: 20 }

  const plan = await planOf(db, (watched) => listOperations(watched, wanted))

  expect(plan).toContain('operations_by_person')
  expect(plan).not.toMatch(/Rows Removed by Filter: \d{2}/)
})
