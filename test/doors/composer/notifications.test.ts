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

/** Whether the statement is notified. Its triggers are for statements, so that it need not find a row. */
async function isNotified(statement: string): Promise<boolean> {
  const before = notified
  await sql.raw(statement).execute(database.db)
  // answered after what was notified before it
  await listener.query('select 1')
  return notified > before
}

/** What the registry remembers is read from these. */
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

test.for(Object.entries(TABLES))('a change of %s is notified to the registry', async ([table, column]) => {
  expect(await isNotified(`update ${table} set ${column} = ${column} where false`)).toBe(true)
  expect(await isNotified(`insert into ${table} select * from ${table} where false`)).toBe(true)
  expect(await isNotified(`delete from ${table} where false`)).toBe(true)
})

test.for([
  ['project_id', true],
  ['public_key', true],
  ['private_key_hash', true],
  ['expires_at', true],
  ['revoked_at', true],
  ['last_used_at', false],
  ['label', false],
] as const)('a change of the %s of a token is notified to the registry: %s', async ([column, told]) => {
  expect(await isNotified(`update project_tokens set ${column} = ${column} where false`)).toBe(told)
})
