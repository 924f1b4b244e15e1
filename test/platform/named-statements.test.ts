import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOutOfReach, openDatabase } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { anEmptyDatabase } from '../support/database.ts'

// one connection, so that all statements share its prepared plans
const database = await anEmptyDatabase()
const { db, close } = openDatabase(database.url, { max: 1 })

beforeAll(async () => {
  await sql`create table things (id int primary key, size int)`.execute(db)
  await sql`insert into things values (1, 10), (2, 20)`.execute(db)
  await sql`create sequence tried`.execute(db)
})
afterAll(async () => {
  await close()
  await database.drop()
})

const sizeOf = async (id: number, on: typeof db = db) => {
  const { rows } = await sql<{ size: unknown }>`select size from things where id = ${id}`.execute(on)
  return rows[0]?.size
}
const prepared = async (): Promise<string[]> => {
  const { rows } = await sql<{ statement: string }>`select statement from pg_prepared_statements`.execute(db)
  return rows.map(({ statement }) => statement)
}
const connection = async () => {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  return rows[0]?.pid
}
async function changeTypeTo(type: 'int' | 'text') {
  await sql.raw(`alter table things alter column size type ${type} using size::${type}`).execute(db)
}

describe('a statement that is run repeatedly', () => {
  it('a statement is prepared from its third run on', async () => {
    const isPrepared = async () => (await prepared()).includes('select size from things where id = $1')
    await sizeOf(1)
    await sizeOf(2)
    expect(await isPrepared()).toBe(false)

    await sizeOf(1)

    expect(await isPrepared()).toBe(true)
    expect(await sizeOf(2)).toBe(20)
  })

  it('a statement that controls a transaction is not prepared', async () => {
    for (let n = 0; n < 5; n++) await inTransaction(db, (tx) => sizeOf(1, tx))

    expect((await prepared()).filter((text) => /begin|commit/i.test(text))).toEqual([])
  })

  it('a statement that is longer than 8,000 characters is not prepared', async () => {
    const long = sql.raw(`select 1 as one ${' '.repeat(8_000)}`)
    for (let n = 0; n < 5; n++) await long.execute(db)

    expect((await prepared()).filter((text) => text.length > 8_000)).toEqual([])
  })

  it('a statement that fails is not run a second time', async () => {
    for (let n = 1; n <= 5; n++) {
      const failing = sql`select 1 / (nextval('tried') * 0)`.execute(db)
      await expect(failing).rejects.toThrow('division by zero')
    }

    const { rows } = await sql<{ last_value: number }>`select last_value from tried`.execute(db)
    expect(rows).toEqual([{ last_value: 5 }])
  })
})

describe('a plan whose table has changed', () => {
  it('a statement whose prepared plan is stale is retried without a name, and its connection is replaced', async () => {
    await changeTypeTo('int')
    for (let n = 0; n < 3; n++) await sizeOf(1)
    const before = await connection()

    await changeTypeTo('text')

    expect(await sizeOf(1)).toBe('10')
    expect(await connection()).not.toBe(before)
  })

  it('a stale plan fails its transaction like an outage, and the next transaction works', async () => {
    await changeTypeTo('int')
    for (let n = 0; n < 3; n++) await sizeOf(1)
    await changeTypeTo('text')
    const reading = () => inTransaction(db, (tx) => sizeOf(1, tx))

    const error: unknown = await reading().catch((e: unknown) => e)

    expect(error).toMatchObject({ code: '0A000' })
    expect(isOutOfReach(error)).toBe(true)
    expect(await reading()).toBe('10')
  })

  it('an unsupported statement does not count as an outage, although it has the error code of a stale plan', async () => {
    const error: unknown = await sql`select 1 for update of nothing`.execute(db).catch((e: unknown) => e)
    const unsupported: unknown = await sql`select distinct size from things for update`
      .execute(db)
      .catch((e: unknown) => e)

    expect(unsupported).toMatchObject({ code: '0A000' })
    expect([error, unsupported].map(isOutOfReach)).toEqual([false, false])
  })
})

describe('a plan that the connection has lost', () => {
  it('a statement whose prepared plan is lost is retried without a name', async () => {
    for (let n = 0; n < 3; n++) await sizeOf(1)

    await sql`deallocate all`.execute(db)

    expect(await sizeOf(1)).toBeDefined()
  })
})

describe('a connection that has prepared many statements', () => {
  it('a connection that has prepared many statements is replaced, so that its plans stay few', async () => {
    const before = await connection()

    for (let n = 0; n < 310; n++)
      for (let run = 0; run < 3; run++) await sql.raw(`select ${n} as n`).execute(db)

    expect(await connection()).not.toBe(before)
    expect((await prepared()).length).toBeLessThan(50)
  })
})
