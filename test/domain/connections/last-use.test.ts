import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createConnection, lastUse } from '../../../src/domain/connections/index.ts'
import { addCustomer } from '../../../src/domain/identity/index.ts'
import { addOrg } from '../../../src/domain/orgs/index.ts'
import { type ConnectionId, mintId } from '../../../src/kernel/ids.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

async function aConnection(): Promise<ConnectionId> {
  const at = new Date()
  const [id, customer, org] = [
    mintId('con', at, Math.random),
    mintId('cst', at, Math.random),
    mintId('org', at, Math.random),
  ]
  const name = customer.slice(4).toLowerCase()
  await addCustomer(database.db, { id: customer, email: `${name}@example.test`, displayName: 'Ann', at })
  await addOrg(database.db, { id: org, slug: name, name: 'Acme', at })
  await createConnection(database.db, {
    id,
    customer,
    activeOrg: org,
    clientId: 'c',
    clientName: 'C',
    scopes: [],
    at,
  })
  return id
}

const lastUsed = async (id: ConnectionId) =>
  (
    await database.db
      .selectFrom('connections')
      .select('last_used_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
  ).last_used_at

const fail = (error: unknown) => {
  throw error
}

describe('a connection in use', () => {
  test('the last use of a connection is written once for many calls, together with other connections', async () => {
    const [one, other] = [await aConnection(), await aConnection()]
    const use = lastUse(database.db, fail)
    const first = new Date('2026-11-23T10:00:00Z')

    use.note(one, first)
    for (let s = 1; s < 60; s++) use.note(one, new Date(first.getTime() + s * 1000))
    use.note(other, first)
    await use.flush()

    expect([await lastUsed(one), await lastUsed(other)]).toEqual([first, first])
  })

  test('the last use of a connection is written at most once a minute, even by several processes', async () => {
    const id = await aConnection()
    const [here, there] = [lastUse(database.db, fail), lastUse(database.db, fail)]
    const noteAndFlush = async (use: typeof here, at: string) => {
      use.note(id, new Date(at))
      await use.flush()
    }

    await noteAndFlush(here, '2026-11-23T10:00:00Z')
    await noteAndFlush(there, '2026-11-23T10:00:59Z')
    expect(await lastUsed(id)).toEqual(new Date('2026-11-23T10:00:00Z'))

    await noteAndFlush(here, '2026-11-23T10:01:00Z')
    expect(await lastUsed(id)).toEqual(new Date('2026-11-23T10:01:00Z'))
  })

  test('a flush succeeds when no use was recorded', async () => {
    await expect(lastUse(database.db, fail).flush()).resolves.toBeUndefined()
  })
})
