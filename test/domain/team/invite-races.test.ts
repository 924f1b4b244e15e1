import { describe, expect } from 'vitest'
import { changeMemberRole, removeMember, revokeInvite } from '#domain/team'
import { accepts, at, aTeam, race, somebody } from '../../support/a-team.ts'
import { databaseTest as test } from '../../support/database-test.ts'

describe('an invite in a race', () => {
  test('an invite that is accepted twice at once makes one member', async ({ db }) => {
    const team = await aTeam(db, 'owner')
    const ann = await somebody(db, 'Ann')
    const { id, token } = await team.invites('owner', ann.email, 'viewer')

    const codes = await race(
      db,
      team.org.id,
      () => accepts(db, ann, id),
      () => accepts(db, ann, token),
    )

    expect(codes).toEqual(['done', 'done'])
    expect(await team.actions()).toEqual(['invite_member', 'accept_invite'])
  })

  test('an invite that is revoked while it is accepted is either used or revoked', async ({ db }) => {
    const team = await aTeam(db, 'owner')
    const ann = await somebody(db, 'Ann')
    const { id } = await team.invites('owner', ann.email, 'viewer')

    const [accepted, revoked] = await race(
      db,
      team.org.id,
      () => accepts(db, ann, id),
      () => revokeInvite(db, { ...team.by('owner'), invite: id }),
    )

    expect([accepted, revoked].filter((each) => each === 'done')).toHaveLength(1)
    expect([accepted, revoked]).toContain('invite_over')
    expect(Object.keys(await team.roles())).toHaveLength(accepted === 'done' ? 2 : 1)
  })

  test('an invite that is sent twice at once is sent once', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'admin')
    const send = (by: 'owner' | 'admin') => () => team.invites(by, 'twice@example.test', 'viewer')

    const codes = await race(db, team.org.id, send('owner'), send('admin'))

    expect(codes.toSorted()).toEqual(['done', 'invite_pending'])
    expect(await team.actions()).toEqual(['invite_member'])
  })

  test.for(['demoted', 'removed'] as const)(
    'an invite of an admin who is %s meanwhile gives nothing',
    async (how, { db }) => {
      const team = await aTeam(db, 'owner', 'admin')
      const ann = await somebody(db, 'Ann')
      const { id } = await team.invites('admin', ann.email, 'admin')
      const of = { ...team.by('owner'), member: team.people.admin.customer }
      const end = () =>
        how === 'demoted' ? changeMemberRole(db, { ...of, role: 'developer' }) : removeMember(db, of)

      const codes = await race(db, team.org.id, end, () => accepts(db, ann, id))

      // when Ann was first, she was invited by an admin
      expect([
        ['done', 'invite_over'],
        ['done', 'done'],
      ]).toContainEqual(codes)
      expect('Ann' in (await team.roles())).toBe(codes[1] === 'done')
    },
  )

  test.for([
    ['a role below it', { role: 'developer' as const }],
    ['a disabled account', { disabled: true }],
  ] as const)(
    'an invite of a person with %s gives nothing, even if it was not revoked',
    async ([, lost], { db }) => {
      const team = await aTeam(db, 'owner', 'admin')
      const ann = await somebody(db, 'Ann')
      const { token } = await team.invites('admin', ann.email, 'viewer')
      const { customer } = team.people.admin
      if ('role' in lost)
        await db
          .updateTable('org_members')
          .set({ role: lost.role })
          .where('customer_id', '=', customer)
          .execute()
      else await db.updateTable('customers').set({ disabled_at: at }).where('id', '=', customer).execute()

      await expect(accepts(db, ann, token)).rejects.toMatchObject({
        code: 'invite_over',
        message: 'The person who sent this invite may not give its role any more.',
      })
      expect(await team.roles()).not.toHaveProperty('Ann')
    },
  )
})
