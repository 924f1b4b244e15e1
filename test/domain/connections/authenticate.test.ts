import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  authenticate,
  createConnection,
  describeConnection,
  mintAccessToken,
  revokeConnection,
} from '../../../src/domain/connections/index.ts'
import { addCustomer } from '../../../src/domain/identity/index.ts'
import { addMember, addOrg, type Scope } from '../../../src/domain/orgs/index.ts'
import { type ConnectionId, type CustomerId, mintId, type OrgId } from '../../../src/kernel/ids.ts'
import { inTransaction } from '../../../src/platform/transactions.ts'
import { aDatabase } from '../../support/database.ts'

const AUD = 'http://127.0.0.1:3000/mcp'

let database: Awaited<ReturnType<typeof aDatabase>>
let customer: CustomerId
let org: OrgId
let connection: ConnectionId
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())
beforeEach(async () => {
  const at = new Date()
  customer = mintId('cst', at, Math.random)
  org = mintId('org', at, Math.random)
  connection = mintId('con', at, Math.random)
  const name = customer.slice(4).toLowerCase()
  await addCustomer(database.db, { id: customer, email: `${name}@example.test`, displayName: 'Ann', at })
  await addOrg(database.db, { id: org, slug: name, name: 'Acme', at })
  await addMember(database.db, { org, customer, role: 'developer', at })
  await aConnection(['projects', 'buy'])
})

const aConnection = (scopes: Scope[]) =>
  createConnection(database.db, {
    id: connection,
    customer,
    activeOrg: org,
    clientId: 'a-client',
    clientName: 'A client',
    scopes,
    at: new Date(),
  })

const aToken = (more: { ttl?: number; scopes?: Scope[] } = {}) =>
  mintAccessToken(database.db, { connection, aud: AUD, ttl: 3600, at: new Date(), ...more })

describe('a token of an active connection', () => {
  test('a token identifies the caller, the org, the role and the scopes', async () => {
    const token = await aToken()

    const found = await authenticate(database.db, token)

    expect(found).toMatchObject({
      caller: { customer, connection, clientName: 'A client', scopes: ['read', 'projects', 'buy'] },
      clientId: 'a-client',
      audience: AUD,
      activeOrg: { id: org, role: 'developer', name: 'Acme' },
    })
  })

  test('a token is stored as a hash only', async () => {
    const token = await aToken()

    const rows = await database.db.selectFrom('access_tokens').selectAll().execute()

    expect(token).toMatch(/^pkgt_[\w-]{43}$/)
    expect(JSON.stringify(rows)).not.toContain(token.slice(5))
  })

  test('the scopes of a token are limited to the scopes of its connection', async () => {
    const token = await aToken({ scopes: ['read', 'buy', 'team'] })

    expect((await authenticate(database.db, token))?.caller.scopes).toEqual(['read', 'buy'])
  })

  test('a token is checked by one prepared statement', async () => {
    const token = await aToken()

    const statements = await inTransaction(database.db, async (one) => {
      for (let n = 0; n < 5; n++) await authenticate(one, token)
      const query = sql<{ calls: number }>`
        select generic_plans + custom_plans as calls from pg_prepared_statements
         where statement like '%from access_tokens t%'`
      return (await query.execute(one)).rows
    })

    expect(statements).toEqual([{ calls: expect.any(Number) }])
    expect(statements[0]?.calls).toBeGreaterThanOrEqual(3)
  })

  test('a changed role applies to the next call with the token', async () => {
    const token = await aToken()

    await database.db.updateTable('org_members').set({ role: 'viewer' }).where('org_id', '=', org).execute()

    expect((await authenticate(database.db, token))?.activeOrg).toMatchObject({ role: 'viewer' })
  })

  test('a token stays valid without an active org when its owner leaves the org', async () => {
    const token = await aToken()

    await database.db.deleteFrom('org_members').where('org_id', '=', org).execute()

    const found = await authenticate(database.db, token)
    expect(found?.caller.customer).toBe(customer)
    expect(found?.activeOrg).toBeUndefined()
  })

  test('a token has no active org when the org is deleted', async () => {
    const token = await aToken()

    await database.db.updateTable('orgs').set({ deleted_at: new Date() }).where('id', '=', org).execute()

    expect((await authenticate(database.db, token))?.activeOrg).toBeUndefined()
  })
})

describe('a token that is not valid', () => {
  test('an unknown token is not valid', async () => {
    expect(await authenticate(database.db, 'pkgt_never-minted')).toBeUndefined()
  })

  test('an expired token is not valid', async () => {
    expect(await authenticate(database.db, await aToken({ ttl: -1 }))).toBeUndefined()
  })

  test('a token of a disabled customer is not valid', async () => {
    const token = await aToken()

    await database.db
      .updateTable('customers')
      .set({ disabled_at: new Date() })
      .where('id', '=', customer)
      .execute()

    expect(await authenticate(database.db, token)).toBeUndefined()
  })

  test('revoking a connection deletes its tokens, and a second revocation keeps the first reason', async () => {
    const token = await aToken()

    const ended = await revokeConnection(database.db, {
      id: connection,
      reason: 'by its owner',
      at: new Date(),
    })
    const again = await revokeConnection(database.db, { id: connection, reason: 'twice', at: new Date() })

    expect([ended, again]).toEqual([true, false])
    expect(await authenticate(database.db, token)).toBeUndefined()
    expect(await tokensLeft()).toEqual([])
    const { revoke_reason } = await database.db
      .selectFrom('connections')
      .select('revoke_reason')
      .where('id', '=', connection)
      .executeTakeFirstOrThrow()
    expect(revoke_reason).toBe('by its owner')
  })

  test('a token that was minted after its connection was revoked is not valid', async () => {
    await revokeConnection(database.db, { id: connection, reason: 'by its owner', at: new Date() })

    expect(await authenticate(database.db, await aToken())).toBeUndefined()
  })

  const tokensLeft = () =>
    database.db.selectFrom('access_tokens').select('aud').where('connection_id', '=', connection).execute()
})

describe('the person behind a connection', () => {
  test('a connection is described with its client, scopes and owner', async () => {
    expect(await describeConnection(database.db, connection)).toMatchObject({
      id: connection,
      clientName: 'A client',
      scopes: ['read', 'projects', 'buy'],
      customer: { id: customer, displayName: 'Ann' },
    })
  })
})
