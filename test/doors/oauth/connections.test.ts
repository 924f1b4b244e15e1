import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection, sweepConnections } from '#domain/connections'
import { askFor } from '../../../sandbox/oauth-client.ts'
import {
  anOAuthServer,
  hashOfToken,
  type OAuthServer,
  personOf,
  postForm,
} from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const MINUTE = 60_000

describe('the end of a connection', () => {
  test('revoking the access token ends the connection, and another client cannot revoke it', async () => {
    const { clientId, tokens } = await market.connected()
    const other = await market.aClient()
    const revoke = (client_id: string) =>
      postForm(market.server.revocation_endpoint, { client_id, token: tokens.access_token })

    await revoke(other)
    expect(await market.statusOf(tokens.access_token)).toBe(200)
    await revoke(clientId)

    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(clientId, tokens.refresh_token)).said.error).toBe('invalid_grant')
    expect(await market.connectionOf(clientId)).toMatchObject({ revoke_reason: 'client' })
  })

  test('a person can revoke only their own connection, and then its next call and its next refresh are refused', async () => {
    const { clientId, tokens } = await market.connected()
    const { id } = await market.connectionOf(clientId)
    const by = { reason: 'person', at: new Date() }

    expect(await revokeConnection(market.db, { id, ...by, by: market.market.person('viewer') })).toBe(false)
    expect(await market.statusOf(tokens.access_token)).toBe(200)
    expect(await revokeConnection(market.db, { id, ...by, by: market.market.person('buyer') })).toBe(true)

    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(400)
  })

  test('a refresh that races with a revocation leaves no token that works', async () => {
    const { clientId, tokens } = await market.connected()
    const { id } = await market.connectionOf(clientId)

    const [, ...answers] = await Promise.all([
      revokeConnection(market.db, { id, reason: 'person', at: new Date() }),
      ...Array.from({ length: 8 }, () => market.refresh(clientId, tokens.refresh_token)),
    ])

    expect(answers.filter(({ status }) => ![200, 400].includes(status))).toEqual([])
    for (const { said } of answers) {
      expect(await market.statusOf(said.access_token ?? 'none')).toBe(401)
      expect((await market.refresh(clientId, said.refresh_token ?? 'none')).status).toBe(400)
    }
  })

  test('a disabled person loses access at the next call, and gets no new token', async () => {
    const { clientId, tokens } = await market.connected({ name: 'developer' })
    const customer = market.market.person('developer')
    const disable = (disabled_at: Date | null) =>
      market.db.updateTable('customers').set({ disabled_at }).where('id', '=', customer).execute()

    await disable(new Date())
    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(400)
    await disable(null)
    expect(await market.statusOf(tokens.access_token)).toBe(200)
  })

  test('a token for another resource is refused at our endpoint', async () => {
    const { tokens } = await market.connected()
    const aud = { aud: 'https://other.example/mcp' }
    await market.db
      .updateTable('access_tokens')
      .set(aud)
      .where('token_hash', '=', hashOfToken(tokens.access_token))
      .execute()

    expect(await market.statusOf(tokens.access_token)).toBe(401)
  })

  test('a scope that the person ticks or unticks later applies to the next call', async () => {
    const { clientId, tokens } = await market.connected({ consent: { profile: 'read' } })
    const { id } = await market.connectionOf(clientId)
    const input = { name: 'Shop', edition: 'open-source', idempotency_key: 'ticked-later-1' }
    const set = (scopes: string[]) =>
      market.db.updateTable('connections').set({ scopes }).where('id', '=', id).execute()

    const before = await market.call(tokens.access_token, 'create_project', input)
    await set(['read', 'projects'])
    const ticked = await market.call(tokens.access_token, 'create_project', input)
    await set(['read'])
    const unticked = await market.call(tokens.access_token, 'create_project', input)

    expect([before.status, ticked.status, unticked.status]).toEqual([403, 200, 403])
    expect(before.headers.get('www-authenticate')).toMatch(/insufficient_scope.*\/account\/integrations/)
    const { said } = await market.refresh(clientId, tokens.refresh_token)
    await set(['read', 'projects'])
    expect((await market.call(said.access_token ?? '', 'create_project', input)).status).toBe(200)
  })
})

describe('the stored data of connections', () => {
  test('a registration is deleted after 7 days, unless it got a grant', async () => {
    const never = await market.aClient()
    const { clientId: granted } = await market.connected()
    const { id } = await market.connectionOf(granted)
    await revokeConnection(market.db, { id, reason: 'person', at: new Date() })
    const kept = async () =>
      (await market.db.selectFrom('oauth_clients').select('client_id').execute()).map(
        ({ client_id }) => client_id,
      )

    await sweepConnections(market.db, new Date(Date.now() + 6 * 24 * 60 * MINUTE))
    expect(await kept()).toEqual(expect.arrayContaining([never, granted]))
    await sweepConnections(market.db, new Date(Date.now() + 8 * 24 * 60 * MINUTE))

    expect(await kept()).toContain(granted)
    expect(await kept()).not.toContain(never)
    const deletion = market.db.deleteFrom('oauth_clients').where('client_id', '=', granted).execute()
    await expect(deletion).rejects.toThrow('never deleted')
  })

  test('a connection that got no token ends after an hour, and a connection in use does not', async () => {
    const { clientId } = await market.aCode()
    const used = await market.connected()

    await sweepConnections(market.db, new Date(Date.now() + 61 * MINUTE))

    expect(await market.connectionOf(clientId)).toMatchObject({ revoke_reason: 'never_used' })
    expect(await market.connectionOf(used.clientId)).toMatchObject({ revoked_at: null })
    expect((await market.refresh(used.clientId, used.tokens.refresh_token)).status).toBe(200)
  })

  test('no table contains a secret that was given to a client', async () => {
    const { clientId, left, redeem } = await market.aCode()
    const { said } = await redeem()
    const refreshed = await market.refresh(clientId, said.refresh_token ?? '')
    const secrets = [
      left.searchParams.get('code'),
      said.access_token,
      said.refresh_token,
      refreshed.said.access_token,
      refreshed.said.refresh_token,
    ].map(String)

    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE'`.execute(market.db)
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
        market.db,
      )
      const all = rows.map(({ row }) => row).join('\n')
      for (const secret of secrets) {
        expect(secret.length).toBeGreaterThan(20)
        expect([name, all.includes(secret), all.includes(Buffer.from(secret).toString('hex'))]).toEqual([
          name,
          false,
          false,
        ])
      }
    }
    expect(
      market
        .logged()
        .map((line) => JSON.stringify(line))
        .filter((line) => secrets.some((one) => line.includes(one))),
    ).toEqual([])
  })

  test('the audit log has the start and the end of a connection, and a refusal', async () => {
    const { clientId, tokens } = await market.connected({ name: 'billing' })
    await postForm(market.server.revocation_endpoint, { client_id: clientId, token: tokens.refresh_token })
    const asked = askFor({ server: market.server, clientId })
    const browser = market.browser()
    const page = await browser.open(asked.url)
    if ('left' in page) throw new Error('left')
    const consent = await browser.submit(page, '/sign-in', { ...personOf('billing') })
    if ('left' in consent) throw new Error('left')
    await browser.submit(consent, /deny$/)

    const rows = await market.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `customer:${market.market.person('billing')}`)
      .orderBy('seq')
      .execute()
    const events = rows.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    const deeds = events.filter(({ client }) => client === clientId)
    expect(deeds).toMatchObject([
      { action: 'connect', outcome: 'done', detail: { scopes: 'read projects buy' } },
      { action: 'revoke_connection', outcome: 'done', detail: { reason: 'client' } },
      { action: 'refuse_connection', outcome: 'done' },
    ])
  })
})
