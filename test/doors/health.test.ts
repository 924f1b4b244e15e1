import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Db, openDatabase } from '#platform/database'
import { readiness } from '../../src/api/readiness.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase, anEmptyDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const anUnreachableDatabase = () => openDatabase('postgres://nobody@127.0.0.1:1/nothing')

/** The response of a process with this database. */
async function responseOf(path: '/healthz' | '/readyz', db: Db, temporalReachable = true) {
  const { app } = await anApp(db, { temporalReachable: async () => temporalReachable })
  const answer = await app.inject(path)
  await app.close()
  return { status: answer.statusCode, body: answer.json<unknown>() }
}

const missing = (...parts: string[]) => ({ status: 503, body: { status: 'not ready', missing: parts } })

test('a process that cannot read the zips is not ready, because nobody could install what they buy', async () => {
  const findMissing = await readiness({
    db: database.db,
    temporalReachable: async () => true,
    storageReachable: async () => false,
    obstacle: async () => undefined,
  })

  expect(await findMissing()).toEqual(['storage'])
})

describe('/healthz', () => {
  test('a running process is healthy, even when Postgres and Temporal are unreachable', async () => {
    const { db, close } = anUnreachableDatabase()

    expect(await responseOf('/healthz', db, false)).toEqual({ status: 200, body: { status: 'ok' } })
    await close()
  })
})

describe('/status', () => {
  const pageOf = async (db: Db, temporalReachable = true) => {
    const { app } = await anApp(db, { temporalReachable: async () => temporalReachable })
    const cookie = '__Host-session=x; session=x'
    const { statusCode, body } = await app.inject({ url: '/status', headers: { cookie } })
    await app.close()
    const states = [...body.matchAll(/class="badge \w+">(\w+)</g)].map(([, state]) => state)
    return { status: statusCode, states, body }
  }

  test('the status page says that everything works', async () => {
    expect(await pageOf(database.db)).toMatchObject({ status: 200, states: Array(4).fill('works') })
  })

  test('the status page says that purchases do not work without Temporal, and names no part of the system', async () => {
    const { status, states, body } = await pageOf(database.db, false)

    expect({ status, states }).toEqual({
      status: 503,
      states: ['works', 'works', 'unavailable', 'unavailable'],
    })
    expect(body).not.toMatch(/temporal|postgres|schema|sql/i)
  })

  test('the status page is answered without Postgres, also to a visitor with a session', async () => {
    const { db, close } = anUnreachableDatabase()

    expect(await pageOf(db)).toMatchObject({ status: 503, states: Array(4).fill('unavailable') })
    await close()
  })
})

test('all who ask whether the process is ready share an answer for a second', async () => {
  let [clock, asked, reachable] = [0, 0, true]
  const { app } = await anApp(database.db, {
    now: () => new Date(clock),
    temporalReachable: async () => (asked++, reachable),
  })
  const status = async (url: string) => (await app.inject(url)).statusCode
  const seen = await Promise.all([status('/status'), status('/readyz')])
  reachable = false
  clock = 999
  seen.push(await status('/status'), await status('/readyz'))
  expect([asked, seen]).toEqual([1, [200, 200, 200, 200]])

  clock = 1_000
  expect([await status('/readyz'), await status('/status'), asked]).toEqual([503, 503, 2])
  await app.close()
})

describe('/readyz', () => {
  test('a process is ready when Postgres, the schema and Temporal are there', async () => {
    expect(await responseOf('/readyz', database.db)).toEqual({ status: 200, body: { status: 'ready' } })
  })

  test('a process is not ready without Temporal', async () => {
    expect(await responseOf('/readyz', database.db, false)).toEqual(missing('temporal'))
  })

  test('a process is not ready while nobody works on operations, and names Temporal instead when that is unreachable', async () => {
    const seen: unknown[] = []
    for (const reachable of [true, false]) {
      const { app } = await anApp(database.db, {
        temporalReachable: async () => reachable,
        obstacle: async (queue) => (queue ? undefined : 'no_worker'),
      })
      const answer = await app.inject('/readyz')
      seen.push({ status: answer.statusCode, body: answer.json<unknown>() })
      expect((await app.inject('/status')).body).toContain('unavailable')
      await app.close()
    }

    expect(seen).toEqual([missing('worker'), missing('temporal')])
  })

  test('a process is not ready while nobody reads repositories, and only publishing does not work', async () => {
    const { app } = await anApp(database.db, {
      obstacle: async (queue) => (queue === 'git-ingest' ? 'no_worker' : undefined),
    })

    const { statusCode: status, json } = await app.inject('/readyz')
    const { body } = await app.inject('/status')
    await app.close()

    expect({ status, body: json<unknown>() }).toEqual(missing('git-ingest'))
    expect([...body.matchAll(/class="badge \w+">(\w+)</g)].map(([, state]) => state)).toEqual([
      ...Array<string>(3).fill('works'),
      'unavailable',
    ])
  })

  test('a process is not ready without Postgres, and names everything that is unreachable', async () => {
    const { db, close } = anUnreachableDatabase()

    expect(await responseOf('/readyz', db)).toEqual(missing('postgres'))
    expect(await responseOf('/readyz', db, false)).toEqual(missing('postgres', 'temporal'))
    await close()
  })

  test('a process is not ready before the first migration', async () => {
    const empty = await anEmptyDatabase()
    const { db, close } = openDatabase(empty.url)

    expect(await responseOf('/readyz', db)).toEqual(missing('schema'))
    await close()
    await empty.drop()
  })

  test.for([
    ['lacks one', sql`delete from schema_migration where name = (select max(name) from schema_migration)`],
    [
      'has another checksum for one',
      sql`update schema_migration set checksum = reverse(checksum)
        where name = (select min(name) from schema_migration)`,
    ],
  ] as const)('a process is not ready while the database %s of our migrations', async ([, change]) => {
    const { db, close } = await aDatabase()

    await change.execute(db)

    expect(await responseOf('/readyz', db)).toEqual(missing('schema'))
    await close()
  })

  test('a process is ready when the database has newer migrations from the next release', async () => {
    const { db, close } = await aDatabase()
    await sql`insert into schema_migration select '9999_next.sql', checksum, applied_at, ms
      from schema_migration limit 1`.execute(db)

    expect(await responseOf('/readyz', db)).toEqual({ status: 200, body: { status: 'ready' } })
    await close()
  })

  test('a process becomes ready without a restart when Temporal becomes reachable', async () => {
    let [clock, reachable] = [0, false]
    const { app } = await anApp(database.db, {
      now: () => new Date(clock),
      temporalReachable: async () => reachable,
    })
    const status = async () => (await app.inject('/readyz')).statusCode

    const before = await status()
    ;[clock, reachable] = [1_000, true]

    expect([before, await status()]).toEqual([503, 200])
    await app.close()
  })
})
