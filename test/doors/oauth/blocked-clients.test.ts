import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { blockClient, endedConnections, grantConnection, unblockClient } from '#domain/connections'
import { inTransaction } from '#platform/transactions'
import { anOAuthServer, hashOfToken, type OAuthServer } from '../../support/an-oauth-server.ts'
import { atConsent, connections } from '../../support/at-consent.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const block = (clientId: string) => blockClient(market.db, { clientId, at: new Date() })
const eventsAbout = async (object: string) => {
  const rows = await market.db.selectFrom('audit_events').select('body').orderBy('at').execute()
  return rows
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    .filter((event) => event.object === object)
}
const askedBy = (clientId: string, customer = market.market.person('buyer')) => ({
  customer,
  clientId,
  org: 'acme-retail',
  clientName: 'A client',
  clientHost: undefined,
  redirectHost: undefined,
  scopes: [],
  spending: undefined,
  request: 'req_test',
  at: new Date(),
})

describe('an operator who blocks a client', () => {
  test('all connections of a blocked client end at once, and those of another client do not', async () => {
    const one = await market.connected()
    const two = await market.connected({ clientId: one.clientId, name: 'developer' })
    const other = await market.connected()

    const blocked = await block(one.clientId)

    const both = await connections(market, one.clientId)
    expect(blocked?.ended.toSorted()).toEqual(both.map(({ id }) => id).toSorted())
    for (const { tokens } of [one, two]) {
      expect(await market.statusOf(tokens.access_token)).toBe(401)
      const refreshed = await market.refresh(one.clientId, tokens.refresh_token)
      expect([refreshed.status, refreshed.said.error]).toEqual([401, 'invalid_client'])
    }
    expect(await market.connectionOf(one.clientId)).toMatchObject({ revoke_reason: 'client_blocked' })
    expect(await market.statusOf(other.tokens.access_token)).toBe(200)
    expect(await eventsAbout(one.clientId)).toMatchObject([
      { chain: 'platform', action: 'block_client', detail: { connections: 2 } },
    ])
    for (const { id } of both)
      expect((await eventsAbout(id)).at(-1)).toMatchObject({
        action: 'revoke_connection',
        detail: { reason: 'client_blocked' },
      })
  })

  test('its connections are among those whose streams end', async () => {
    const { clientId } = await market.connected()
    const { id } = await market.connectionOf(clientId)

    await block(clientId)

    expect(await endedConnections(market.db, [id])).toEqual([id])
  })

  test('a second block changes nothing and writes no second event', async () => {
    const { clientId } = await market.connected()

    await block(clientId)

    expect(await block(clientId)).toEqual({ ended: [] })
    expect(await eventsAbout(clientId)).toHaveLength(1)
    expect(await block('pkgc_nobody')).toBeUndefined()
  })

  test('a person in front of the consent page of a blocked client cannot allow it', async () => {
    const { page, browser, clientId } = await atConsent(market)

    await block(clientId)
    const answer = await browser.submit(page, /consent$/)

    expect(answer).toMatchObject({ status: 400 })
    expect(await connections(market, clientId)).toEqual([])
  })

  test('a consent that is given at the same moment leaves no live connection', async () => {
    const clientId = await market.aClient()
    const asked = { model: 'Interaction', id: `race-${clientId}` } as const
    await market.db
      .insertInto('oauth_artifacts')
      .values({
        model: asked.model,
        id_hash: hashOfToken(asked.id),
        sealed: Buffer.from('x'),
        key_id: 'x',
        expires_at: new Date(Date.now() + 60_000),
      })
      .execute()

    const begun = await inTransaction(market.db, async (tx) => {
      await tx.selectFrom('oauth_clients').select('client_id').forUpdate().execute()
      const both = [grantConnection(market.db, { asked, ...askedBy(clientId) }), block(clientId)]
      await vi.waitFor(async () => expect(await lockWaiters(market.db)).toBe(2), { timeout: 10_000 })
      return { both }
    })
    await Promise.allSettled(begun.both)

    expect((await connections(market, clientId)).filter(({ revoked_at }) => !revoked_at)).toEqual([])
  })

  test('an unblocked client can be connected again, and its old tokens stay dead', async () => {
    const { clientId, tokens } = await market.connected()
    await block(clientId)

    expect(await unblockClient(market.db, clientId)).toBe(true)
    expect(await unblockClient(market.db, clientId)).toBe(false)

    expect(await market.statusOf(tokens.access_token)).toBe(401)
    const again = await market.connected({ clientId })
    expect(await market.statusOf(again.tokens.access_token)).toBe(200)
    expect((await eventsAbout(clientId)).map(({ action }) => action)).toEqual([
      'block_client',
      'unblock_client',
    ])
  })
})
