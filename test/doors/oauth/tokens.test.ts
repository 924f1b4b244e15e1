import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection, sweepConnections } from '#domain/connections'
import { allowedIn, askFor } from '../../../sandbox/oauth-client.ts'
import { anOAuthServer, type OAuthServer, personOf, postForm } from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const MINUTE = 60_000
const times = <T>(count: number, run: () => Promise<T>) => Promise.all(Array.from({ length: count }, run))
const hashOf = (token: string) => createHash('sha256').update(token).digest()

/** Moves the first use of a refresh token into the past. */
const usedAgo = (token: string, seconds: number) =>
  sql`update refresh_tokens set consumed_at = consumed_at - make_interval(secs => ${seconds}) where token_hash = ${hashOf(token)}`.execute(
    market.db,
  )

/** Only the code, and how to redeem it. */
async function aCode() {
  const clientId = await market.aClient()
  const asked = askFor({ server: market.server, clientId })
  const left = await allowedIn(market.browser(), asked.url, { person: personOf('buyer') })
  const fields = {
    grant_type: 'authorization_code',
    client_id: clientId,
    redirect_uri: asked.redirectUri,
    code_verifier: asked.verifier,
    code: left.searchParams.get('code') ?? '',
  }
  return { clientId, left, redeem: () => market.token(fields) }
}

const connectionOf = (clientId: string) =>
  market.db
    .selectFrom('connections')
    .select(['id', 'revoked_at', 'revoke_reason', 'activated_at', 'scopes'])
    .where('client_id', '=', clientId)
    .executeTakeFirstOrThrow()

describe('a code', () => {
  test('a code that is used twice ends the connection with its tokens', async () => {
    const { clientId, left, redeem } = await aCode()

    const first = await redeem()
    const again = await redeem()

    expect(left.searchParams.get('iss')).toBe(market.publicUrl)
    expect([first.status, again.status, again.said.error]).toEqual([200, 400, 'invalid_grant'])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(await market.statusOf(first.said.access_token ?? '')).toBe(401)
    expect((await market.refresh(clientId, first.said.refresh_token ?? '')).status).toBe(400)
    expect(await connectionOf(clientId)).toMatchObject({ revoke_reason: 'code_replayed' })
  })

  test('of 50 redemptions of one code at once at most one gets tokens', async () => {
    const { redeem } = await aCode()

    const answers = await times(50, redeem)

    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(answers.filter(({ status }) => ![200, 400].includes(status))).toEqual([])
  })

  test('a code is worth nothing after the connection was revoked', async () => {
    const { clientId, redeem } = await aCode()
    await revokeConnection(market.db, {
      id: (await connectionOf(clientId)).id,
      reason: 'person',
      at: new Date(),
    })

    expect((await redeem()).status).toBe(400)
  })
})

describe('a refresh token', () => {
  test('each use gives a new pair, and the new ones go on', async () => {
    const { clientId, tokens } = await market.connected()

    const second = await market.refresh(clientId, tokens.refresh_token)
    const third = await market.refresh(clientId, second.said.refresh_token ?? '')

    expect(second.said.refresh_token).not.toBe(tokens.refresh_token)
    expect(third.status).toBe(200)
    expect(await market.statusOf(third.said.access_token ?? '')).toBe(200)
  })

  test('eight processes that refresh at once all get tokens that work', async () => {
    const { clientId, tokens } = await market.connected()

    const answers = await times(8, () => market.refresh(clientId, tokens.refresh_token))

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    const statuses = await Promise.all(answers.map(({ said }) => market.statusOf(said.access_token ?? '')))
    expect(new Set(statuses)).toEqual(new Set([200]))
    const next = await Promise.all(
      answers.map(({ said }) => market.refresh(clientId, said.refresh_token ?? '')),
    )
    expect(new Set(next.map(({ status }) => status))).toEqual(new Set([200]))
  })

  test('the eleventh use within a minute is refused, and ends nothing', async () => {
    const { clientId, tokens } = await market.connected()

    const answers = await times(14, () => market.refresh(clientId, tokens.refresh_token))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    expect(await connectionOf(clientId)).toMatchObject({ revoked_at: null })
  })

  test('a use more than a minute after the first ends the connection, and not the other device of the person', async () => {
    const stolen = await market.connected()
    const other = await market.connected()
    const newest = await market.refresh(stolen.clientId, stolen.tokens.refresh_token)
    await usedAgo(stolen.tokens.refresh_token, 61)

    const reuse = await market.refresh(stolen.clientId, stolen.tokens.refresh_token)

    expect([reuse.status, reuse.said.error]).toEqual([400, 'invalid_grant'])
    expect((await market.refresh(stolen.clientId, newest.said.refresh_token ?? '')).status).toBe(400)
    expect(await market.statusOf(newest.said.access_token ?? '')).toBe(401)
    expect(await connectionOf(stolen.clientId)).toMatchObject({ revoke_reason: 'refresh_token_reused' })
    expect(await market.statusOf(other.tokens.access_token)).toBe(200)
    expect((await market.refresh(other.clientId, other.tokens.refresh_token)).status).toBe(200)
  })

  test('the minute begins with the first use, and later uses do not prolong it', async () => {
    const { clientId, tokens } = await market.connected()
    await market.refresh(clientId, tokens.refresh_token)
    await usedAgo(tokens.refresh_token, 40)
    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(200)
    await usedAgo(tokens.refresh_token, 21)

    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(400)
  })

  test('a refresh with another client, more scopes or another resource is refused', async () => {
    const { clientId, tokens } = await market.connected({ consent: { profile: 'read' }, scope: 'read' })
    const other = await market.aClient()

    const answers = [
      await market.refresh(other, tokens.refresh_token),
      await market.refresh(clientId, tokens.refresh_token, { scope: 'read buy' }),
      await market.refresh(clientId, tokens.refresh_token, { resource: 'https://other.example/mcp' }),
    ]

    expect(answers.map(({ said }) => said.error)).toEqual([
      'invalid_grant',
      'invalid_scope',
      'invalid_target',
    ])
    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(200)
  })

  test('a token that was asked for with fewer scopes has only those', async () => {
    const { clientId, tokens } = await market.connected()

    const narrow = await market.refresh(clientId, tokens.refresh_token, { scope: 'read' })
    const wide = await market.refresh(clientId, narrow.said.refresh_token ?? '')

    expect([narrow.said.scope, wide.said.scope]).toEqual(['read', 'read projects buy'])
    const input = { name: 'Shop', edition: 'open-source', idempotency_key: 'narrow-scope-1' }
    expect((await market.call(narrow.said.access_token ?? '', 'create_project', input)).status).toBe(403)
    expect((await market.call(wide.said.access_token ?? '', 'create_project', input)).status).toBe(200)
  })

  test('a refresh works long after the session of the browser is gone', async () => {
    const { clientId, tokens } = await market.connected()
    await market.db.deleteFrom('oauth_artifacts').where('model', '=', 'Session').execute()
    await market.db.deleteFrom('sessions').execute()

    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(200)
  })

  test('the same application twice in one browser: both connections refresh', async () => {
    const browser = market.browser()
    const one = await market.connected({ browser })
    const two = await market.connected({ browser, clientId: one.clientId })

    expect((await market.refresh(one.clientId, one.tokens.refresh_token)).status).toBe(200)
    expect((await market.refresh(two.clientId, two.tokens.refresh_token)).status).toBe(200)
  })

  test('100 refreshes of 10 connections at once lose none', async () => {
    const connected = await Promise.all(Array.from({ length: 10 }, () => market.connected()))

    const answers = await Promise.all(
      connected.flatMap(({ clientId, tokens }) =>
        Array.from({ length: 10 }, () => market.refresh(clientId, tokens.refresh_token)),
      ),
    )

    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })
})

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
    expect(await connectionOf(clientId)).toMatchObject({ revoke_reason: 'client' })
  })

  test('a person who revokes ends the next call and the next refresh, and only an own connection', async () => {
    const { clientId, tokens } = await market.connected()
    const { id } = await connectionOf(clientId)
    const by = { reason: 'person', at: new Date() }

    expect(await revokeConnection(market.db, { id, ...by, by: market.market.person('viewer') })).toBe(false)
    expect(await market.statusOf(tokens.access_token)).toBe(200)
    expect(await revokeConnection(market.db, { id, ...by, by: market.market.person('buyer') })).toBe(true)

    expect(await market.statusOf(tokens.access_token)).toBe(401)
    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(400)
  })

  test('a refresh that races with a revocation leaves no token that works', async () => {
    const { clientId, tokens } = await market.connected()
    const { id } = await connectionOf(clientId)

    const [, ...answers] = await Promise.all([
      revokeConnection(market.db, { id, reason: 'person', at: new Date() }),
      ...Array.from({ length: 8 }, () => market.refresh(clientId, tokens.refresh_token)),
    ])

    for (const { status, said } of answers) {
      expect([200, 400]).toContain(status)
      if (said.access_token) expect(await market.statusOf(said.access_token)).toBe(401)
      if (said.refresh_token) expect((await market.refresh(clientId, said.refresh_token)).status).toBe(400)
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
      .where('token_hash', '=', hashOf(tokens.access_token))
      .execute()

    expect(await market.statusOf(tokens.access_token)).toBe(401)
  })

  test('a scope that the person ticks or unticks later counts at the next call', async () => {
    const { clientId, tokens } = await market.connected({ consent: { profile: 'read' } })
    const { id } = await connectionOf(clientId)
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

describe('what is kept', () => {
  test('a registration goes after 7 days, unless it ever got a grant', async () => {
    const never = await market.aClient()
    const { clientId: granted } = await market.connected()
    const { id } = await connectionOf(granted)
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

  test('a connection that got no token ends after an hour, and one in use does not', async () => {
    const { clientId } = await aCode()
    const used = await market.connected()

    await sweepConnections(market.db, new Date(Date.now() + 61 * MINUTE))

    expect(await connectionOf(clientId)).toMatchObject({ revoke_reason: 'never_used' })
    expect(await connectionOf(used.clientId)).toMatchObject({ revoked_at: null })
    expect((await market.refresh(used.clientId, used.tokens.refresh_token)).status).toBe(200)
  })

  test('no secret that was given out is in any table', async () => {
    const { clientId, left, redeem } = await aCode()
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

  test('the audit log tells of a connection and its end, and of a refusal', async () => {
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
