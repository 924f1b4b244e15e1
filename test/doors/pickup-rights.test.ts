import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { auditOf } from '../support/a-member.ts'
import { aPickupMarket, errorOf, type Offered, type PickupMarket } from '../support/a-pickup.ts'

let market: PickupMarket
let ann: Awaited<ReturnType<PickupMarket['person']>>
beforeAll(async () => {
  market = await aPickupMarket()
})
beforeEach(async () => {
  ann = await market.person()
})
afterAll(() => market.close())

describe('a pickup by a person who lost the right meanwhile', () => {
  const refusedAfter = async (change: (offered: Offered) => Promise<unknown>) => {
    const offered = await ann.setUp()
    await change(offered)
    const answer = await market.post(offered.pickup.url)
    return { status: answer.statusCode, code: errorOf(answer).code, body: answer.body }
  }

  test('after the connection is revoked, a pickup link returns no keys', async () => {
    const at = new Date()
    const refused = await refusedAfter(() =>
      revokeConnection(market.db, { id: ann.connection, reason: 'x', at }),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
    expect(refused.body).not.toContain('psk_')
  })

  test.for(['billing', 'viewer'] as const)('the role %s gets no keys by a link', async (role) => {
    const refused = await refusedAfter(() =>
      market.db.updateTable('org_members').set({ role }).where('customer_id', '=', ann.customer).execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test.for(['owner', 'admin', 'developer'] as const)('the role %s gets the keys by a link', async (role) => {
    const { pickup } = await ann.setUp()
    await market.db.updateTable('org_members').set({ role }).where('customer_id', '=', ann.customer).execute()

    expect((await market.post(pickup.url)).statusCode).toBe(200)
  })

  test('a person who left the org gets no keys by a link', async () => {
    const refused = await refusedAfter(() =>
      market.db.deleteFrom('org_members').where('customer_id', '=', ann.customer).execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('a disabled person gets no keys by a link', async () => {
    const refused = await refusedAfter(() =>
      market.db
        .updateTable('customers')
        .set({ disabled_at: new Date() })
        .where('id', '=', ann.customer)
        .execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('a connection without the scope projects gets no keys by a link', async () => {
    const refused = await refusedAfter(() =>
      market.db
        .updateTable('connections')
        .set({ scopes: ['read'] })
        .where('id', '=', ann.connection)
        .execute(),
    )

    expect(refused).toMatchObject({ status: 403, code: 'pickup_not_allowed' })
  })

  test('a refused pickup is audited, and the link works again when the person has the right again', async () => {
    const { pickup } = await ann.setUp()
    const role = (to: 'viewer' | 'owner') =>
      market.db.updateTable('org_members').set({ role: to }).where('customer_id', '=', ann.customer).execute()
    await role('viewer')
    await market.post(pickup.url)
    await role('owner')

    expect((await market.post(pickup.url)).statusCode).toBe(200)
    expect(await auditOf(market.db, ann.org.id)).toContainEqual(
      expect.objectContaining({
        action: 'pick_up_auth_json',
        outcome: 'refused',
        code: 'pickup_not_allowed',
        connection: ann.connection,
      }),
    )
  })

  test('the keys of a revoked token cannot be fetched', async () => {
    const { project } = await ann.setUp({ credentials: 'inline' })
    const { token, pickup } = await ann.ask('create_project_token', {
      project,
      label: 'a',
      credentials: 'pickup',
    })
    await ann.ask('revoke_project_token', { token })

    const answer = await market.post(pickup.url)

    expect([answer.statusCode, errorOf(answer).code]).toEqual([410, 'pickup_keys_gone'])
  })
})
