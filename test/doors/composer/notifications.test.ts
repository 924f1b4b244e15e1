import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let listener: pg.Client
let notified = 0
beforeAll(async () => {
  database = await aDatabase()
  listener = new pg.Client(database.url)
  listener.on('notification', () => void notified++)
  await listener.connect()
  await listener.query('listen registry')
})
afterAll(async () => {
  await listener.end()
  await database.close()
})

/** Returns true when the statement causes a notification. The triggers fire per statement, even without a row. */
async function isNotified(statement: string): Promise<boolean> {
  const before = notified
  await sql.raw(statement).execute(database.db)
  // Postgres sends earlier notifications before this result
  await listener.query('select 1')
  return notified > before
}

/** The tables that the registry remembers, each with a column. */
const TABLES = {
  projects: 'archived_at',
  licences: 'status',
  activations: 'deactivated_at',
  vendors: 'suspended_at',
  packages: 'withdrawn_at',
  versions: 'status',
  package_coverage: 'since',
  project_tokens: 'revoked_at',
}

test.for(Object.entries(TABLES))(
  'the registry is notified of a change of the table %s',
  async ([table, column]) => {
    expect(await isNotified(`update ${table} set ${column} = ${column} where false`)).toBe(true)
    expect(await isNotified(`insert into ${table} select * from ${table} where false`)).toBe(true)
    expect(await isNotified(`delete from ${table} where false`)).toBe(true)
  },
)

test.for([
  ['project_id', true],
  ['public_key', true],
  ['private_key_hash', true],
  ['expires_at', true],
  ['revoked_at', true],
  ['last_used_at', false],
  ['label', false],
] as const)(
  'the registry is notified of a change of the column %s of a token: %s',
  async ([column, expected]) => {
    expect(await isNotified(`update project_tokens set ${column} = ${column} where false`)).toBe(expected)
  },
)
