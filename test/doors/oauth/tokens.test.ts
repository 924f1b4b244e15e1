import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { anOAuthServer, hashOfToken, type OAuthServer } from '../../support/an-oauth-server.ts'

let market: OAuthServer
beforeAll(async () => {
  market = await anOAuthServer()
})
afterAll(() => market.close())

const times = <T>(count: number, run: () => Promise<T>) => Promise.all(Array.from({ length: count }, run))

/** Moves the first use of a refresh token into the past. */
const usedAgo = (token: string, seconds: number) =>
  sql`update refresh_tokens set consumed_at = consumed_at - make_interval(secs => ${seconds}) where token_hash = ${hashOfToken(token)}`.execute(
    market.db,
  )

const eventsAbout = async (object: string) => {
  const rows = await market.db.selectFrom('audit_events').select('body').orderBy('seq').execute()
  return rows
    .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
    .filter((event) => event.object === object)
}

describe('a code', () => {
  test('a code that is used twice ends the connection with its tokens', async () => {
    const { clientId, left, redeem } = await market.aCode()

    const first = await redeem()
    const again = await redeem()

    expect(left.searchParams.get('iss')).toBe(market.publicUrl)
    expect([first.status, again.status, again.said.error]).toEqual([200, 400, 'invalid_grant'])
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect(await market.statusOf(first.said.access_token ?? '')).toBe(401)
    expect((await market.refresh(clientId, first.said.refresh_token ?? '')).status).toBe(400)
    expect(await market.connectionOf(clientId)).toMatchObject({ revoke_reason: 'code_replayed' })
  })

  test('of 50 redemptions of one code at once at most one gets tokens', async () => {
    const { redeem } = await market.aCode()

    const answers = await times(50, redeem)

    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(answers.filter(({ status }) => ![200, 400].includes(status))).toEqual([])
  })

  test('a code gets no tokens after its connection was revoked', async () => {
    const { clientId, redeem } = await market.aCode()
    await revokeConnection(market.db, {
      id: (await market.connectionOf(clientId)).id,
      reason: 'person',
      at: new Date(),
    })

    expect((await redeem()).status).toBe(400)
  })
})

describe('a refresh token', () => {
  test('each use of a refresh token returns a new pair of tokens, and the new pair works', async () => {
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

  test('the eleventh use of a refresh token within a minute is refused, and the connection stays', async () => {
    const { clientId, tokens } = await market.connected()

    const answers = await times(14, () => market.refresh(clientId, tokens.refresh_token))

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    expect(await market.connectionOf(clientId)).toMatchObject({ revoked_at: null })
  })

  test('each further use of a refresh token within its minute is audited, at most nine times', async () => {
    const { clientId, tokens } = await market.connected()
    const { id } = await market.connectionOf(clientId)

    await market.refresh(clientId, tokens.refresh_token)
    const afterOne = await eventsAbout(id)
    await times(14, () => market.refresh(clientId, tokens.refresh_token))

    expect(afterOne.map(({ action }) => action)).toEqual(['set_spending_rules', 'connect'])
    const reuses = (await eventsAbout(id)).slice(2)
    expect(reuses).toHaveLength(9)
    expect(reuses.map(({ detail }) => detail)).toEqual(Array.from({ length: 9 }, (_, i) => ({ uses: i + 2 })))
    for (const event of reuses)
      expect(event).toMatchObject({ action: 'reuse_refresh_token', connection: id, client: clientId })
    expect(JSON.stringify(reuses)).not.toContain(tokens.refresh_token)
  })

  test('a refresh token that is used again after a minute ends its connection, but no other connection of the person', async () => {
    const stolen = await market.connected()
    const other = await market.connected()
    const newest = await market.refresh(stolen.clientId, stolen.tokens.refresh_token)
    await usedAgo(stolen.tokens.refresh_token, 61)

    const reuse = await market.refresh(stolen.clientId, stolen.tokens.refresh_token)

    expect([reuse.status, reuse.said.error]).toEqual([400, 'invalid_grant'])
    expect((await market.refresh(stolen.clientId, newest.said.refresh_token ?? '')).status).toBe(400)
    expect(await market.statusOf(newest.said.access_token ?? '')).toBe(401)
    expect(await market.connectionOf(stolen.clientId)).toMatchObject({
      revoke_reason: 'refresh_token_reused',
    })
    expect(await market.statusOf(other.tokens.access_token)).toBe(200)
    expect((await market.refresh(other.clientId, other.tokens.refresh_token)).status).toBe(200)
  })

  test('the minute of a refresh token begins with its first use, and later uses do not prolong it', async () => {
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

  test('a refresh with fewer scopes returns a token with only those scopes', async () => {
    const { clientId, tokens } = await market.connected()

    const narrow = await market.refresh(clientId, tokens.refresh_token, { scope: 'read' })
    const wide = await market.refresh(clientId, narrow.said.refresh_token ?? '')

    expect([narrow.said.scope, wide.said.scope]).toEqual(['read', 'read projects buy'])
    const input = { name: 'Shop', edition: 'open-source', idempotency_key: 'narrow-scope-1' }
    expect((await market.call(narrow.said.access_token ?? '', 'create_project', input)).status).toBe(403)
    expect((await market.call(wide.said.access_token ?? '', 'create_project', input)).status).toBe(200)
  })

  test('a refresh works long after the browser session has ended', async () => {
    const { clientId, tokens } = await market.connected()
    await market.db.deleteFrom('oauth_artifacts').where('model', '=', 'Session').execute()
    await market.db.deleteFrom('sessions').execute()

    expect((await market.refresh(clientId, tokens.refresh_token)).status).toBe(200)
  })

  test('when one application is connected twice in one browser, both connections can refresh', async () => {
    const browser = market.browser()
    const one = await market.connected({ browser })
    const two = await market.connected({ browser, clientId: one.clientId })

    expect((await market.refresh(one.clientId, one.tokens.refresh_token)).status).toBe(200)
    expect((await market.refresh(two.clientId, two.tokens.refresh_token)).status).toBe(200)
  })

  test('of 40 refreshes of 5 connections at once none is lost, and each connection stays one family', async () => {
    const connected = await Promise.all(Array.from({ length: 5 }, () => market.connected()))

    const families = await Promise.all(
      connected.map(async ({ clientId, tokens }) => ({
        clientId,
        old: tokens.refresh_token,
        answers: await times(8, () => market.refresh(clientId, tokens.refresh_token)),
      })),
    )

    const answers = families.flatMap((family) => family.answers)
    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
    const works = await Promise.all(answers.map(({ said }) => market.statusOf(said.access_token ?? '')))
    expect(new Set(works)).toEqual(new Set([200]))
    for (const { clientId } of families) expect(await market.connectionsOf(clientId)).toHaveLength(1)
    // a reuse after the minute ends every token of its family, and none of another
    const [stolen, ...others] = families
    if (!stolen) throw new Error('no connection')
    await usedAgo(stolen.old, 61)
    await market.refresh(stolen.clientId, stolen.old)
    const newest = async ({ clientId, answers: all }: (typeof families)[number]) =>
      new Set(
        await Promise.all(
          all.map(
            async ({ said }) =>
              (await market.refresh(clientId, said.refresh_token ?? '')).said.error ?? 'new',
          ),
        ),
      )
    expect(await newest(stolen)).toEqual(new Set(['invalid_grant']))
    for (const other of others) expect(await newest(other)).toEqual(new Set(['new']))
  })
})
