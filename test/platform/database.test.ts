import { expect, test } from 'vitest'
import { openDatabase } from '../../src/platform/database.ts'
import { anEmptyDatabase } from '../support/database.ts'

test('a connection in use that dies between two queries fails the next query and not the process', async () => {
  const { url, drop } = await anEmptyDatabase()
  const { pool, close } = openDatabase(url, { max: 2 })
  const client = await pool.connect()
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
  // not `once` of node:events, because it would listen to errors
  const ended = new Promise<void>((resolve) => client.once('end', resolve))

  await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
  await ended

  await expect(client.query('select 1')).rejects.toThrow('not queryable')
  client.release(true)
  expect((await pool.query<{ one: number }>('select 1 as one')).rows).toEqual([{ one: 1 }])
  await close()
  await drop()
})
