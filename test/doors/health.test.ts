import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Db, openDatabase } from '#platform/database'
import { anApp } from '../support/an-app.ts'
import { aDatabase, anEmptyDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const away = () => openDatabase('postgres://nobody@127.0.0.1:1/nothing')

/** What a process over this database says of itself. */
async function asked(path: '/healthz' | '/readyz', db: Db, temporalReachable = true) {
  const { app } = await anApp(db, { temporalReachable: async () => temporalReachable })
  const answer = await app.inject(path)
  await app.close()
  return { status: answer.statusCode, body: answer.json<unknown>() }
}

const missing = (...parts: string[]) => ({ status: 503, body: { status: 'not ready', missing: parts } })

describe('a process that lives', () => {
  test('says so, even when all it needs is away', async () => {
    const { db, close } = away()

    expect(await asked('/healthz', db, false)).toEqual({ status: 200, body: { status: 'ok' } })
    await close()
  })
})

describe('a process', () => {
  test('is ready when Postgres, its schema and Temporal are there', async () => {
    expect(await asked('/readyz', database.db)).toEqual({ status: 200, body: { status: 'ready' } })
  })

  test('is not ready without Temporal', async () => {
    expect(await asked('/readyz', database.db, false)).toEqual(missing('temporal'))
  })

  test('is not ready without Postgres, and names all that is away', async () => {
    const { db, close } = away()

    expect(await asked('/readyz', db)).toEqual(missing('postgres'))
    expect(await asked('/readyz', db, false)).toEqual(missing('postgres', 'temporal'))
    await close()
  })

  test('is not ready before anything was migrated', async () => {
    const empty = await anEmptyDatabase()
    const { db, close } = openDatabase(empty.url)

    expect(await asked('/readyz', db)).toEqual(missing('schema'))
    await close()
    await empty.drop()
  })

  test.for([
    ['lacks', sql`delete from schema_migration where name = (select max(name) from schema_migration)`],
    [
      'has another text of',
      sql`update schema_migration set checksum = reverse(checksum)
        where name = (select min(name) from schema_migration)`,
    ],
  ] as const)('is not ready while the database %s our migrations', async ([, change]) => {
    const { db, close } = await aDatabase()

    await change.execute(db)

    expect(await asked('/readyz', db)).toEqual(missing('schema'))
    await close()
  })

  test('is ready while a deploy has brought newer migrations', async () => {
    const { db, close } = await aDatabase()
    await sql`insert into schema_migration select '9999_next.sql', checksum, applied_at, ms
      from schema_migration limit 1`.execute(db)

    expect(await asked('/readyz', db)).toEqual({ status: 200, body: { status: 'ready' } })
    await close()
  })

  test('is ready again without a new start', async () => {
    let reachable = false
    const { app } = await anApp(database.db, { temporalReachable: async () => reachable })
    const status = async () => (await app.inject('/readyz')).statusCode

    const before = await status()
    reachable = true

    expect([before, await status()]).toEqual([503, 200])
    await app.close()
  })
})
