import { describe, expect } from 'vitest'
import { verifyChain } from '#domain/audit'
import { changeMemberRole, deleteOrg, removeMember, transferOrg } from '#domain/team'
import { at, aTeam, race } from '../../support/a-team.ts'
import { databaseTest as test } from '../../support/database-test.ts'
import { aConnection } from '../../support/mcp.ts'

const code = (refused: string) => expect.objectContaining({ code: refused })

describe('the role of a member', () => {
  test('an admin gives roles up to admin, neither makes nor touches an owner, and a developer gives none', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'admin', 'developer', 'viewer')
    const { people } = team
    const change = (
      by: 'owner' | 'admin' | 'developer',
      of: keyof typeof people,
      role: 'owner' | 'admin' | 'viewer',
    ) => changeMemberRole(db, { ...team.by(by), member: people[of].customer, role })

    await expect(change('admin', 'viewer', 'owner')).rejects.toEqual(code('role_above_own'))
    await expect(change('admin', 'admin', 'owner')).rejects.toEqual(code('role_above_own'))
    await expect(change('admin', 'owner', 'viewer')).rejects.toEqual(code('role_above_own'))
    await expect(change('developer', 'viewer', 'viewer')).rejects.toEqual(code('not_allowed'))
    await expect(change('admin', 'viewer', 'admin')).resolves.toMatchObject({
      previous: 'viewer',
      changed: true,
    })
    await expect(change('admin', 'viewer', 'admin')).resolves.toMatchObject({ changed: false })
    await expect(change('owner', 'viewer', 'owner')).resolves.toMatchObject({ changed: true })

    expect(await team.roles()).toEqual({
      owner: 'owner',
      admin: 'admin',
      developer: 'developer',
      viewer: 'owner',
    })
    expect(await team.actions()).toEqual(['change_member_role', 'change_member_role'])
    expect(await verifyChain(db, `org:${team.org.id}`)).toMatchObject({ intact: true })
  })

  test('an admin who was demoted a moment ago gives no role any more', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'admin', 'viewer')
    const { admin, viewer } = team.people
    const codes = await race(
      db,
      team.org.id,
      () => changeMemberRole(db, { ...team.by('owner'), member: admin.customer, role: 'viewer' }),
      () => changeMemberRole(db, { ...team.by('admin'), member: viewer.customer, role: 'admin' }),
    )

    // whoever is first wins; a demoted admin never comes after it
    expect([
      ['done', 'not_allowed'],
      ['done', 'done'],
    ]).toContainEqual(codes)
    expect((await team.actions()).length).toBe(codes.filter((each) => each === 'done').length)
  })

  test('an assistant gives no role of an owner and takes none, and the refusal names the browser', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'owner 2', 'viewer')
    const { people } = team
    const { connection } = await aConnection(db, { customer: people.owner.customer, activeOrg: team.org.id })
    const by = { ...team.by('owner'), caller: { ...people.owner.caller, connection } }

    const refusals = [
      () => changeMemberRole(db, { ...by, member: people.viewer.customer, role: 'owner' }),
      () => changeMemberRole(db, { ...by, member: people['owner 2'].customer, role: 'admin' }),
      () => removeMember(db, { ...by, member: people['owner 2'].customer }),
      () => removeMember(db, { ...by, member: people.owner.customer }),
    ]

    for (const refused of refusals) await expect(refused()).rejects.toEqual(code('owners_only_in_browser'))
    await expect(removeMember(db, { ...by, member: people.viewer.customer })).resolves.toBeDefined()
  })
})

describe('the last owner', () => {
  test('two owners who leave at the same time leave one owner', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'owner 2')
    const leave = (name: 'owner' | 'owner 2') => () =>
      removeMember(db, { ...team.by(name), member: team.people[name].customer })

    const codes = await race(db, team.org.id, leave('owner'), leave('owner 2'))

    expect(codes.toSorted()).toEqual(['done', 'last_owner'])
    expect(Object.values(await team.roles())).toEqual(['owner'])
    expect(await team.actions()).toEqual(['remove_member'])
  })

  test('two owners who demote each other at the same time leave one owner', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'owner 2')
    const demote = (by: 'owner' | 'owner 2', of: 'owner' | 'owner 2') => () =>
      changeMemberRole(db, { ...team.by(by), member: team.people[of].customer, role: 'viewer' })

    const codes = await race(db, team.org.id, demote('owner', 'owner 2'), demote('owner 2', 'owner'))

    expect(codes.toSorted()).toEqual(['done', 'not_allowed'])
    expect(Object.values(await team.roles()).toSorted()).toEqual(['owner', 'viewer'])
  })

  test('the last owner can neither leave, nor be demoted, nor be removed, also beside an owner whose account is disabled', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'owner 2')
    const { owner, 'owner 2': other } = team.people
    await db.updateTable('customers').set({ disabled_at: at }).where('id', '=', other.customer).execute()
    const member = owner.customer

    await expect(removeMember(db, { ...team.by('owner'), member })).rejects.toEqual(code('last_owner'))
    // who is disabled changes nothing
    await expect(removeMember(db, { ...team.by('owner 2'), member })).rejects.toEqual(code('org_not_found'))
    await expect(changeMemberRole(db, { ...team.by('owner'), member, role: 'admin' })).rejects.toEqual(
      code('last_owner'),
    )
  })

  test('the person of a personal org stays its owner', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'owner 2')
    const member = team.people.owner.customer
    await db.updateTable('orgs').set({ personal_of: member }).where('id', '=', team.org.id).execute()
    const transfer = { ...team.by('owner'), member: team.people['owner 2'].customer, confirm: team.org.slug }

    await expect(removeMember(db, { ...team.by('owner 2'), member })).rejects.toEqual(
      code('personal_org_stays'),
    )
    await expect(transferOrg(db, transfer)).rejects.toEqual(code('personal_org_stays'))
    await expect(deleteOrg(db, transfer)).rejects.toMatchObject({ params: { holds: ['personal'] } })
  })
})

describe('a member who is removed', () => {
  test('everybody may leave, only owners and admins remove others, and an admin removes no owner', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'admin', 'developer', 'billing', 'viewer')
    const { people } = team
    const remove = (by: keyof typeof people, of: keyof typeof people) =>
      removeMember(db, { ...team.by(by), member: people[of].customer })

    await expect(remove('developer', 'viewer')).rejects.toEqual(code('not_allowed'))
    await expect(remove('admin', 'owner')).rejects.toEqual(code('role_above_own'))
    await expect(remove('billing', 'billing')).resolves.toMatchObject({ name: 'billing' })
    await expect(remove('billing', 'viewer')).rejects.toEqual(code('org_not_found'))
    await expect(remove('admin', 'developer')).resolves.toBeDefined()
    await expect(remove('admin', 'developer')).rejects.toEqual(code('member_not_found'))

    expect(Object.keys(await team.roles()).toSorted()).toEqual(['admin', 'owner', 'viewer'])
  })

  test('the invites of a removed or demoted member are revoked as far as they could not send them any more', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'owner 2', 'admin')
    const { people } = team
    await team.invites('owner 2', 'boss@example.test', 'owner')
    await team.invites('owner 2', 'dev@example.test', 'developer')
    await team.invites('admin', 'helper@example.test', 'viewer')

    const demoted = await changeMemberRole(db, {
      ...team.by('owner'),
      member: people['owner 2'].customer,
      role: 'admin',
    })
    const removed = await removeMember(db, { ...team.by('owner'), member: people.admin.customer })

    expect([demoted.revokedInvites, removed.revokedInvites]).toEqual([1, 1])
    const open = await db
      .selectFrom('org_invites')
      .select('email_norm')
      .where('org_id', '=', team.org.id)
      .where('revoked_at', 'is', null)
      .execute()
    expect(open).toEqual([{ email_norm: 'dev@example.test' }])
  })
})
