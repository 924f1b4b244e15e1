import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { addMember } from '#domain/orgs'
import type { ProjectId } from '#kernel/ids'
import type { GuestRole } from '../../src/platform/tables.ts'
import { auditOf } from '../support/a-member.ts'
import { aPickupMarket, errorOf, type Offered, type PickupMarket } from '../support/a-pickup.ts'
import { aGuestOf, aProjectOf } from '../support/a-share.ts'
import { errorIn } from '../support/mcp-clients.ts'

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

describe('a link of a guest that has expired', () => {
  const MINUTE_MS = 60_000
  type Guest = Awaited<ReturnType<PickupMarket['person']>>
  let project: { id: ProjectId }
  let guest: Guest
  beforeEach(async () => {
    project = await aProjectOf(market.db, ann.org.id, ann.customer)
    guest = await market.person()
  })

  const shares = async (role: GuestRole, of: { id: ProjectId } = project) => {
    const [org, by] = [ann.org.id, ann.customer]
    return aGuestOf(market.db, market.secrets, { org, by, project: of.id, role, guest, at: market.clock.at })
  }
  const ends = (share: string) =>
    market.db
      .updateTable('project_shares')
      .set({ ended_at: new Date(), ended_because: 'revoked' })
      .where('id', '=', share as never)
      .execute()
  /** Keys behind a link that has expired, and the operation that the link names. */
  const anExpiredLink = async (by: Guest = guest, of: { id: ProjectId } = project) => {
    const wanted = { org: ann.org.id, project: of.id, label: of.id, credentials: 'pickup' }
    const { pickup } = await by.ask('create_project_token', wanted)
    market.after(16 * MINUTE_MS)
    const { next_step } = errorOf(await market.post(pickup.url))
    return /operation_id (op_\w+)/.exec(String(next_step))?.[1] ?? ''
  }
  const look = async (operation_id: string, by: Pick<Guest, 'ask'> = guest) =>
    (await by.ask('get_operation', { operation_id })) as unknown as { result?: Offered }
  const refusal = async (operation_id: string, tool = 'get_operation') =>
    errorIn(await guest.client.call(tool, { operation_id }))

  test('a guest developer who made keys gets a new link to them by get_operation', async () => {
    await shares('developer')
    const operation = await anExpiredLink()

    const { result } = await look(operation)

    const fetched = await market.post(result?.pickup.url ?? '')
    expect(await market.opens(fetched.json())).toMatchObject({ project: project.id })
    // the keys were fetched, so there is no further link
    expect((await look(operation)).result).not.toHaveProperty('pickup')
  })

  test.for(['a viewer of the project', 'a guest of another project', 'no guest any more'])(
    'who became %s finds no operation and gets no new link',
    async (who) => {
      const share = await shares('developer')
      const operation = await anExpiredLink()
      await ends(share)
      if (who === 'a viewer of the project') await shares('viewer')
      if (who === 'a guest of another project')
        await shares('developer', await aProjectOf(market.db, ann.org.id, ann.customer, 'Other'))

      expect(await refusal(operation)).toMatchObject({ code: 'operation_not_found' })
    },
  )

  test('a guest finds neither the operation of a member on the shared project nor that of another guest', async () => {
    await shares('developer')
    const other = await market.person()
    await aGuestOf(market.db, market.secrets, {
      org: ann.org.id,
      by: ann.customer,
      project: project.id,
      role: 'developer',
      guest: other,
      at: market.clock.at,
    })

    for (const by of [ann, other])
      expect(await refusal(await anExpiredLink(by))).toMatchObject({ code: 'operation_not_found' })
  })

  test('a guest finds nothing else that they started in the org when they were a member', async () => {
    await addMember(market.db, { org: ann.org.id, customer: guest.customer, role: 'admin', at: new Date() })
    const made = { name: 'Mine', credentials: 'pickup', idempotency_key: `key-${guest.customer}` }
    const mine = await guest.ask('setup_project', { org: ann.org.id, ...made })
    market.after(16 * MINUTE_MS)
    const named = errorOf(await market.post(mine.pickup.url))['next_step']
    const operation = /operation_id (op_\w+)/.exec(String(named))?.[1] ?? ''
    await market.db
      .deleteFrom('org_members')
      .where('org_id', '=', ann.org.id)
      .where('role', '=', 'admin')
      .execute()
    await shares('developer', { id: mine.project as ProjectId })

    expect(await refusal(operation)).toMatchObject({ code: 'operation_not_found' })
  })

  test('another connection of a guest gets no new link, and a guest stops nothing', async () => {
    await shares('developer')
    const operation = await anExpiredLink()

    const { result } = await look(operation, await market.connects(guest))

    expect(result).not.toHaveProperty('pickup')
    expect(result).not.toHaveProperty('auth_json')
    expect(await refusal(operation, 'cancel_operation')).toMatchObject({ code: 'operation_not_found' })
  })
})
