import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket, aProject, aProjectToken, type Market } from '../../support/a-market.ts'
import { aMember, auditOf } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, aPerson, called, type McpDoor, older, send } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const as = (name: string, org?: string) =>
  aMember({ door, market }, aModernClient, { name, ...(org && { org }) })

describe('a team over MCP', () => {
  test('an invite is in the dashboard of its person alone, who joins by its id and works in the org at once', async () => {
    const buyer = await as('buyer')
    const [ann, eve] = [await aPerson(database.db), await aPerson(database.db)]
    const viewer = await as('viewer')
    for (const [tool, input] of [
      ['list_org_members', { left: true }],
      ['remove_member', { member: market.person('buyer'), dry_run: true }],
    ] as const)
      expect(await viewer.refused(tool, input)).toMatchObject({ code: 'not_allowed' })

    const sent = await buyer.ask('invite_member', { email: ann.email, role: 'developer' })
    const pending = await buyer.ask<{ items: object[] }>('list_pending_invites')
    const dashboard = await called(door, ann, 'get_my_dashboard', {})
    const strange = await called(door, eve, 'accept_invite', { invite: sent['invite'] })
    const joined = await called(door, ann, 'accept_invite', { invite: sent['invite'] })
    const again = await called(door, ann, 'accept_invite', { invite: sent['invite'] })

    expect(sent).toMatchObject({ org: 'acme-retail', email: ann.email, role: 'developer' })
    expect(pending.items).toContainEqual(expect.objectContaining({ id: sent['invite'] }))
    expect(dashboard).toMatchObject({
      invites: [{ invite: sent['invite'], org: 'acme-retail', role: 'developer' }],
    })
    expect(await called(door, eve, 'get_my_dashboard', {})).not.toHaveProperty('invites')
    expect(strange).toMatchObject({ code: 'invite_not_found' })
    expect([joined, again]).toMatchObject([{ org: 'acme-retail', changed: true }, { changed: false }])
    expect(await called(door, ann, 'list_projects', { org: 'acme-retail' })).toHaveProperty('items')
    expect(JSON.stringify(await auditOf(database.db, market.org('acme-retail')))).not.toContain(ann.email)
  })

  test('a removed member is refused at the next call with the way out, and the answer lists what goes on', async () => {
    const buyer = await as('buyer')
    const dev = await as('developer')
    const project = await aProject(market)
    const token = await aProjectToken(market, project.id)
    const member = market.person('developer')
    await database.db
      .updateTable('project_tokens')
      .set({ created_by: member })
      .where('id', '=', token.id)
      .execute()
    await database.db
      .updateTable('connections')
      .set({ activated_at: new Date() })
      .where('id', '=', dev.connection)
      .execute()
    const { operation_id } = await dev.ask('sync_package', {
      org: 'acme-retail',
      package: 'northwind/module-search',
      idempotency_key: 'a-sync-that-waits',
    })

    expect(await buyer.ask('list_org_members', { left: true })).toMatchObject({
      items: [],
      next_step: 'Nothing is to do: nothing of people who left goes on.',
    })
    const removed = await buyer.ask('remove_member', { member })

    // the same again, for an assistant that lost the answer
    const left = await buyer.ask<{ items: object[] }>('list_org_members', { left: true })
    const shown = await buyer.ask('remove_member', { member, dry_run: true })
    expect(left.items).toContainEqual({ id: member, name: 'Dev Developer' })
    expect(shown).toEqual({ ...removed, dry_run: true })
    expect(removed).toMatchObject({
      org: 'acme-retail',
      member,
      leaves_behind: {
        project_tokens: [{ token: token.id, project: project.slug }],
        operations: [{ operation_id, story: 'sync_package' }],
        cards: [],
        guests: [],
        connections: 1,
      },
    })
    expect(await dev.refused('list_projects')).toMatchObject({
      code: 'active_org_lost',
      next_step: 'Call list_orgs, then set_active_org or pass org.',
    })
    expect(await dev.refused('list_projects', { org: 'acme-retail' })).toMatchObject({
      code: 'org_not_found',
    })
    await buyer.ask('revoke_project_token', { token: token.id })
    await buyer.ask('cancel_operation', { operation_id })
    expect(await dev.ask('set_active_org', { org: 'globex' })).toMatchObject({ role: 'owner' })
  })

  test('a new org is not the active one by itself, and a repeated call says that it exists', async () => {
    const viewer = await as('viewer')

    const made = await viewer.ask('create_org', { name: 'Vi’s Läden' })
    const again = await viewer.refused('create_org', { name: 'Vi’s Läden' })

    expect(made).toMatchObject({ org: 'vi-s-laden', role: 'owner' })
    expect(again).toMatchObject({
      code: 'org_slug_taken',
      next_step: 'Call list_orgs; there is nothing to create.',
    })
    expect(await viewer.ask('whoami')).toMatchObject({ active_org: { slug: 'acme-retail' } })
    expect(await viewer.ask('list_org_members', { org: 'vi-s-laden' })).toMatchObject({
      items: [{ role: 'owner' }],
    })
  })

  test('an assistant names no owner, and a role changes from the next call on', async () => {
    const buyer = await as('buyer')
    const billing = await as('billing')
    const member = market.person('billing')

    const owner = await buyer.refused('change_member_role', { member, role: 'owner' })
    const changed = await buyer.ask('change_member_role', { member, role: 'viewer' })

    expect(owner).toMatchObject({ code: 'invalid_input', field: 'role' })
    expect(changed).toMatchObject({ previous_role: 'billing', role: 'viewer', changed: true })
    expect(await billing.refused('list_orders')).toMatchObject({ code: 'not_allowed' })
    expect(await buyer.refused('remove_member', { member: market.person('buyer') })).toMatchObject({
      code: 'last_owner',
    })
  })

  test('a connection without the scope team reads the team and changes nothing', async () => {
    const of = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
    const reader = await aConnection(database.db, { ...of, scopes: ['read', 'buy'] })

    expect(await called(door, reader, 'list_org_members', {})).toHaveProperty('items')
    const invite = older('tools/call', {
      name: 'invite_member',
      arguments: { email: 'x@example.test', role: 'viewer' },
    })
    const { status, headers } = await send(door, { token: reader.token, ...invite })
    expect([status, headers['www-authenticate']]).toEqual([403, expect.stringContaining('team')])
  })
})
