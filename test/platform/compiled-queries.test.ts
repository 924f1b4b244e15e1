import { describe, expect, test } from 'vitest'
import type { CustomerId } from '#kernel/ids'
import { compiledOnce } from '../../src/platform/compiled-queries.ts'
import type { Db } from '../../src/platform/database.ts'
import { aDatabase } from '../support/database.ts'
import { aPerson } from '../support/mcp.ts'

const { db } = await aDatabase()
const [ada, bob] = [await aPerson(db), await aPerson(db)]

/** Reads the ids of customers; counts how many times the query was built. */
function customers() {
  const built = { times: 0 }
  const read = compiledOnce((on: Db, { id, limit }: { id?: CustomerId | undefined; limit: number }) => {
    built.times++
    return on
      .selectFrom('customers')
      .select('id')
      .$if(id !== undefined, (query) => query.where('id', '=', id ?? ('' as CustomerId)))
      .orderBy('id')
      .limit(limit)
  })
  return { built, read }
}

describe('a query that is compiled once', () => {
  test('a compiled query runs with the values of each call and is built once', async () => {
    const { built, read } = customers()

    expect(await read(db, { id: ada.customer, limit: 1 })).toEqual([{ id: ada.customer }])
    expect(await read(db, { id: bob.customer, limit: 1 })).toEqual([{ id: bob.customer }])
    expect(built.times).toBe(1)
  })

  test('a value that is missing or undefined gives another query than one that is given', async () => {
    const { built, read } = customers()

    expect(await read(db, { limit: 2 })).toHaveLength(2)
    expect(await read(db, { id: undefined, limit: 1 })).toHaveLength(1)
    expect(await read(db, { id: bob.customer, limit: 2 })).toEqual([{ id: bob.customer }])
    expect(built.times).toBe(2)
  })
})
