import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { offerPickup, readKeys, setUpProject } from '#domain/projects'
import type { Db } from '#platform/database'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  db = database.db
  market = await aMarket(db)
})
afterAll(() => database.close())

/** The keys of a new project, as a call would read them that began before a change. */
async function aCallInFlight(credentials: 'inline' | 'pickup') {
  const customer = market.person('buyer')
  const org = await market.access('buyer', 'acme-retail')
  const { connection } = await aConnection(db, { customer, activeOrg: org.id })
  const caller = { customer, connection, scopes: ['read', 'projects'] as const }
  const at = new Date()
  const { operation } = await setUpProject(db, {
    caller,
    org,
    input: { name: randomUUID(), credentials },
    key: undefined,
    publicUrl: 'http://market.example',
    seal: () => ({ keyId: 'a test', sealed: Buffer.from('sealed') }),
    at,
  })
  const keys = async () =>
    credentials === 'inline'
      ? readKeys(db, { operation, caller, at })
      : offerPickup(db, { operation, org: org.id, caller, client: undefined, request: undefined, at })
  return { connection, keys, org: org.id, customer }
}

type Call = Awaited<ReturnType<typeof aCallInFlight>>

/** Each change, and what takes it back. */
const CHANGES: Record<string, readonly ((call: Call) => Promise<unknown>)[]> = {
  'the connection is revoked': [
    ({ connection }) => revokeConnection(db, { id: connection, reason: 'x', at: new Date() }),
  ],
  'the connection loses the scope projects': [
    ({ connection }) =>
      db
        .updateTable('connections')
        .set({ scopes: ['read'] })
        .where('id', '=', connection)
        .execute(),
  ],
  'the person is disabled': [
    ({ customer }) =>
      db.updateTable('customers').set({ disabled_at: new Date() }).where('id', '=', customer).execute(),
    ({ customer }) =>
      db.updateTable('customers').set({ disabled_at: null }).where('id', '=', customer).execute(),
  ],
  'the org is deleted': [
    ({ org }) => db.updateTable('orgs').set({ deleted_at: new Date() }).where('id', '=', org).execute(),
    ({ org }) => db.updateTable('orgs').set({ deleted_at: null }).where('id', '=', org).execute(),
  ],
  'the role becomes billing': [
    ({ customer }) =>
      db.updateTable('org_members').set({ role: 'billing' }).where('customer_id', '=', customer).execute(),
    ({ customer }) =>
      db.updateTable('org_members').set({ role: 'owner' }).where('customer_id', '=', customer).execute(),
  ],
}

test.for(
  Object.keys(CHANGES).flatMap((change) =>
    (['inline', 'pickup'] as const).map((kind) => [change, kind] as const),
  ),
)('when %s, a call in flight gets no keys any more (%s)', async ([change, kind]) => {
  const call = await aCallInFlight(kind)
  const before = await call.keys()
  const [make, takeBack] = CHANGES[change] ?? []

  await make?.(call)
  const after = await call.keys()
  await takeBack?.(call)

  expect([before !== undefined, after]).toEqual([true, undefined])
})
