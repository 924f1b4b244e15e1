import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { archiveProject, hashOfPrivateKey, type KeyPair, projectOfKeys } from '#domain/projects'
import { aMarket, aProject, aProjectToken, type Market, type TestProject } from '../../support/a-market.ts'
import { aMember, auditOf, type Member, type MemberWanted } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

const HOUR = 3_600_000
const NOW = new Date('2026-11-24T12:00:00Z')
const after = (hours: number) => new Date(NOW.getTime() + hours * HOUR)

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db, now: () => NOW })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

interface Rotated {
  project: string
  token: string
  auth_json?: { 'http-basic': Record<string, { username: string; password: string }> }
  replaces: { works_until: string }
  [more: string]: unknown
}

const keysIn = ({ auth_json }: Rotated) => {
  const { username = '', password = '' } = auth_json?.['http-basic']['127.0.0.1:3000'] ?? {}
  return { publicKey: username, privateKey: password }
}
const presented = ({ publicKey, privateKey }: KeyPair) => ({
  publicKey,
  privateKeyHash: hashOfPrivateKey(privateKey),
})
async function opens(keys: KeyPair, at: Date) {
  const found = await projectOfKeys(database.db, { ...presented(keys), at })
  return 'refused' in found ? undefined : found.project
}

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  let project: TestProject
  let old: Awaited<ReturnType<typeof aProjectToken>>
  let buyer: Member
  const member = (who?: MemberWanted) => aMember({ door, market }, connect, who)
  beforeEach(async () => {
    project = await aProject(market)
    old = await aProjectToken(market, project.id)
    buyer = await member()
  })

  const rotate = (input: object = {}) =>
    buyer.ask<Rotated>('rotate_project_token', { token: old.id, ...input })
  const listed = async () => {
    const asked = { project: project.slug, response_format: 'detailed' }
    return (await buyer.ask<{ items: Record<string, unknown>[] }>('list_project_tokens', asked)).items
  }

  test('after a rotation the old token works for a day', async () => {
    const rotated = await rotate()

    expect(rotated).toEqual({
      org: 'acme-retail',
      project: project.id,
      token: expect.stringMatching(/^ptk_/),
      label: 'a server',
      replaces: { token: old.id, public_key: old.publicKey, works_until: after(24).toISOString() },
      auth_json: expect.any(Object),
      repository: { type: 'composer', url: `http://127.0.0.1:3000/r/${project.id}/` },
      composer_commands: expect.any(Array),
    })
    expect(await opens(old, after(23.9))).toBe(project.id)
    expect(await opens(old, after(24))).toBeUndefined()
    expect(await opens(keysIn(rotated), after(1000))).toBe(project.id)
  })

  test('list_project_tokens shows the state of each token and no private key', async () => {
    const { token } = await rotate({ overlap_hours: 2 })

    const items = await listed()

    const shared = {
      label: 'a server',
      public_key: expect.stringMatching(/^ppk_/),
      created_at: expect.any(String),
    }
    expect(items).toEqual([
      { ...shared, id: token, state: 'valid' },
      { ...shared, id: old.id, state: 'expiring', expires_at: after(2).toISOString() },
    ])
    expect(JSON.stringify(items)).not.toContain('psk_')
    await opens(old, NOW)
    expect((await listed())[1]).toMatchObject({ last_used_at: NOW.toISOString() })
  })

  test('list_project_tokens returns a second page with the cursor', async () => {
    const { token } = await rotate()
    const asked = { project: project.id, limit: 1 }

    const first = await buyer.ask<{ items: object[]; next_cursor: string }>('list_project_tokens', asked)
    const rest = await buyer.ask('list_project_tokens', { ...asked, cursor: first.next_cursor })

    expect(first.items).toMatchObject([{ id: token }])
    expect(rest).toMatchObject({ items: [{ id: old.id }] })
    expect(rest).not.toHaveProperty('next_cursor')
  })

  test('a rotation without overlap ends the old token at once', async () => {
    await rotate({ overlap_hours: 0 })

    expect(await opens(old, NOW)).toBeUndefined()
    expect(await listed()).toMatchObject([
      { state: 'valid' },
      { id: old.id, state: 'revoked', revoked_at: NOW.toISOString() },
    ])
  })

  test('one idempotency key rotates a token once', async () => {
    const idempotency_key = `rotate-${project.id}`
    const first = await rotate({ idempotency_key })
    await buyer.ask('revoke_project_token', { token: old.id })

    const again = await rotate({ idempotency_key, overlap_hours: 24 })

    expect(again).toEqual({ ...first, replayed: true })
    expect(await listed()).toHaveLength(2)
    const other = { token: old.id, overlap_hours: 1, idempotency_key }
    expect(await buyer.refused('rotate_project_token', other)).toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  test('a second rotation does not extend the old token, and does not revoke it although it is unused', async () => {
    const own = await rotate()

    const next = await rotate({ token: own.token, overlap_hours: 1 })
    const last = await rotate({ token: own.token, overlap_hours: 168 })

    expect(last.replaces.works_until).toBe(after(1).toISOString())
    expect(await opens(keysIn(own), after(0.9))).toBe(project.id)
    expect(await opens(keysIn(last), after(2))).toBe(project.id)
    // the second rotation ends the token of the first, if nobody uses it
    expect(await opens(keysIn(next), after(25))).toBeUndefined()
    expect(await opens(keysIn(next), after(0.5))).toBe(project.id)
  })

  test('a token can be named by the public key in auth.json', async () => {
    const { replaces } = await rotate({ token: old.publicKey })

    expect(replaces).toMatchObject({ token: old.id })
  })

  test('an expired or revoked token, and a token of an archived project, cannot be rotated', async () => {
    const refused = () => buyer.refused('rotate_project_token', { token: old.id })
    const row = database.db.updateTable('project_tokens').where('id', '=', old.id)

    await row.set({ expires_at: NOW }).execute()
    expect(await refused()).toMatchObject({ code: 'project_token_expired', field: 'token' })
    await buyer.ask('revoke_project_token', { token: old.id })
    expect(await refused()).toMatchObject({ code: 'project_token_revoked' })
    await archiveProject(database.db, project.id, NOW)
    expect(await refused()).toMatchObject({ code: 'project_archived' })
    expect(await listed()).toHaveLength(1)
  })

  test('revoking a token twice revokes it once, also in an archived project', async () => {
    await archiveProject(database.db, project.id, NOW)

    const revoked = await buyer.ask('revoke_project_token', { token: old.publicKey })

    expect(revoked).toEqual({
      org: 'acme-retail',
      project: project.id,
      token: old.id,
      label: 'a server',
      public_key: old.publicKey,
      revoked_at: NOW.toISOString(),
    })
    expect(await opens(old, NOW)).toBeUndefined()
    expect(await buyer.ask('revoke_project_token', { token: old.id })).toEqual(revoked)
    const events = (await auditOf(database.db, project.org)).filter(({ object }) => object === old.id)
    expect(events).toMatchObject([
      { action: 'revoke_project_token', outcome: 'done', customer: market.person('buyer') },
    ])
  })

  test('get_operation shows new keys only to the connection that rotated, and the audit log records it', async () => {
    const rotated = await rotate()
    const { id: operation_id } = await database.db
      .selectFrom('operations')
      .select('id')
      .where('connection_id', '=', buyer.connection)
      .executeTakeFirstOrThrow()
    const look = (who: Member) => who.ask<{ result: object }>('get_operation', { operation_id })

    expect((await look(buyer)).result).toMatchObject({ auth_json: rotated.auth_json })
    expect((await look(await member())).result).not.toHaveProperty('auth_json')
    const events = await auditOf(database.db, project.org)
    expect(events.filter((event) => event.operation === operation_id)).toMatchObject([
      {
        action: 'rotate_project_token',
        object: old.id,
        detail: { successor: rotated.token, overlap_hours: 24 },
      },
      { action: 'show_auth_json' },
      { action: 'show_auth_json' },
    ])
    expect(JSON.stringify(events)).not.toContain('psk_')
    expect(door.logged()).not.toContain('psk_')
  })

  test('create_project creates a project without a token, once for an idempotency key', async () => {
    const input = {
      name: `Bare Shop ${project.id}`,
      edition: 'commerce',
      idempotency_key: `bare-${project.id}`,
    }

    const first = await buyer.ask<{ project: string; slug: string }>('create_project', input)
    const again = await buyer.ask('create_project', input)

    expect(first).toEqual({
      org: 'acme-retail',
      project: expect.stringMatching(/^prj_/),
      slug: expect.stringMatching(/^bare-shop/),
      edition: 'commerce',
    })
    expect(again).toEqual({ ...first, replayed: true })
    expect(await buyer.ask('list_project_tokens', { project: first.slug })).toMatchObject({ items: [] })
    const events = await auditOf(database.db, project.org)
    expect(events.filter(({ object }) => object === first.project)).toMatchObject([
      { action: 'create_project', outcome: 'done', operation: expect.stringMatching(/^op_/) },
    ])
  })
})
