import { createHash } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { Db } from '#platform/database'
import {
  findInvite,
  inviteMember,
  listPendingInvites,
  ownInvites,
  removeMember,
  revokeInvite,
} from '#domain/team'
import { accepts, at, aTeam, somebody } from '../../support/a-team.ts'
import { databaseTest as test } from '../../support/database-test.ts'
import { aConnection } from '../../support/mcp.ts'

const DAY_MS = 86_400_000
const later = (days: number) => new Date(at.getTime() + days * DAY_MS)

const code = (refused: string) => expect.objectContaining({ code: refused })
describe('an invite', () => {
  test('an invite makes the person of its address a member once, and the same person gets the same answer again', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner')
    const ann = await somebody(db, 'Ann')
    const { id, token } = await team.invites('owner', ` ${ann.email.toUpperCase()} `, 'developer')

    expect(await ownInvites(db, { customer: ann.customer, at })).toMatchObject([
      { id, role: 'developer', org: { slug: team.org.slug } },
    ])
    expect(await accepts(db, ann, token)).toMatchObject({ changed: true, org: { role: 'developer' } })
    expect(await accepts(db, ann, id)).toMatchObject({ changed: false, org: { role: 'developer' } })

    expect(await team.roles()).toEqual({ owner: 'owner', Ann: 'developer' })
    expect(await team.actions()).toEqual(['invite_member', 'accept_invite'])
    expect(await ownInvites(db, { customer: ann.customer, at })).toEqual([])
    await removeMember(db, { ...team.by('owner'), member: ann.customer })
    await expect(accepts(db, ann, token)).rejects.toEqual(code('invite_over'))
  })

  test('an invite stores only the hash of its token', async ({ db }) => {
    const team = await aTeam(db, 'owner')
    const { token } = await team.invites('owner', 'hash@example.test', 'viewer')

    const mails = await db
      .selectFrom('mails')
      .select(['data', 'key'])
      .where('to_address', '=', 'hash@example.test')
      .execute()
    const invites = await db.selectFrom('org_invites').selectAll().where('org_id', '=', team.org.id).execute()

    expect(token).toHaveLength(43)
    expect(JSON.stringify([mails, invites])).not.toContain(token)
  })

  test('an invite is not found by a person of another address, and an address that changed meanwhile counts', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner')
    const [ann, eve] = [await somebody(db), await somebody(db)]
    const { id, token } = await team.invites('owner', ann.email, 'admin')

    for (const ref of [id, token, 'inv_nothing', 'x'.repeat(43)])
      await expect(accepts(db, eve, ref)).rejects.toEqual(code('invite_not_found'))
    expect(await findInvite(db, { ref: id, customer: eve.customer, at })).toBeUndefined()
    expect(await findInvite(db, { ref: id, customer: undefined, at })).toBeUndefined()
    expect(await findInvite(db, { ref: token, customer: undefined, at })).toMatchObject({ isPending: true })
    await db
      .updateTable('customers')
      .set({ email_norm: 'moved@example.test' })
      .where('id', '=', ann.customer)
      .execute()
    await expect(accepts(db, ann, token)).rejects.toEqual(code('invite_not_found'))
  })

  test('an invite as owner is accepted in the browser only, and one of another role by an assistant, too', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner')
    const [ann, bob] = [await somebody(db, 'Ann'), await somebody(db, 'Bob')]
    const [boss, dev] = [
      await team.invites('owner', ann.email, 'owner'),
      await team.invites('owner', bob.email, 'developer'),
    ]
    const assistant = async ({ customer, caller }: typeof ann) => {
      const { connection } = await aConnection(db, { customer, activeOrg: team.org.id })
      return { caller: { ...caller, connection } }
    }

    await expect(accepts(db, await assistant(ann), boss.id)).rejects.toEqual(code('owners_only_in_browser'))
    await expect(accepts(db, await assistant(bob), dev.id)).resolves.toMatchObject({ changed: true })
    expect(await team.roles()).toEqual({ owner: 'owner', Bob: 'developer' })
    await expect(accepts(db, ann, boss.id)).resolves.toMatchObject({ changed: true })
  })

  test('an invite ends after 7 days, and makes room for a new one', async ({ db }) => {
    const team = await aTeam(db, 'owner')
    const ann = await somebody(db)
    const { id } = await team.invites('owner', ann.email, 'viewer')

    await expect(accepts(db, ann, id, later(7))).rejects.toEqual(code('invite_over'))
    await expect(
      inviteMember(
        db,
        { seal: () => ({ keyId: 'k', sealed: Buffer.alloc(1) }) },
        {
          ...team.by('owner'),
          email: ann.email,
          role: 'viewer',
          at: later(8),
        },
      ),
    ).resolves.toBeDefined()
    await expect(accepts(db, ann, id, later(1))).rejects.toEqual(code('invite_over'))
  })

  test('an invite is refused for a role above that of its sender, for a member and for an address that has an invite', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'admin', 'developer')
    const { id } = await team.invites('admin', 'new@example.test', 'admin')

    await expect(team.invites('admin', 'more@example.test', 'owner')).rejects.toEqual(code('role_above_own'))
    await expect(team.invites('developer', 'more@example.test', 'viewer')).rejects.toEqual(
      code('not_allowed'),
    )
    await expect(team.invites('admin', team.people.developer.email, 'viewer')).rejects.toMatchObject({
      code: 'already_member',
      message: 'This person is in the org already, as developer.',
    })
    await expect(team.invites('owner', 'NEW@example.test', 'viewer')).rejects.toMatchObject({
      code: 'invite_pending',
      params: { invite: id },
    })
    await expect(team.invites('owner', 'nobody', 'viewer')).rejects.toEqual(code('email_not_valid'))
    expect(await team.actions()).toEqual(['invite_member'])
  })

  test('an invite is revoked once, only by who may give its role, and not after it was used', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner', 'admin')
    const ann = await somebody(db)
    const other = await aTeam(db, 'owner')
    const boss = await team.invites('owner', 'boss@example.test', 'owner')
    const used = await team.invites('admin', ann.email, 'viewer')
    await accepts(db, ann, used.token)
    const revoke = (by: 'owner' | 'admin', invite: string) => revokeInvite(db, { ...team.by(by), invite })

    await expect(revoke('admin', boss.id)).rejects.toEqual(code('role_above_own'))
    await expect(revoke('owner', used.id)).rejects.toEqual(code('invite_over'))
    await expect(revokeInvite(db, { ...other.by('owner'), invite: boss.id })).rejects.toEqual(
      code('invite_not_found'),
    )
    await expect(revoke('owner', boss.id)).resolves.toMatchObject({ changed: true })
    await expect(revoke('owner', boss.id)).resolves.toMatchObject({ changed: false })
    expect(await listPendingInvites(db, { org: team.org.id, limit: 10, at })).toEqual([])
  })

  test('only so many mails go out within a day: for an address, over all orgs that never paid, and for an org', async ({
    db,
  }) => {
    const teams = await Promise.all(Array.from({ length: 6 }, () => aTeam(db, 'owner')))
    const codes: unknown[] = []
    for (const team of teams)
      codes.push(
        await team.invites('owner', 'popular@example.test', 'viewer').then(
          () => 'sent',
          (error: unknown) => error,
        ),
      )

    expect(codes.slice(0, 5)).toEqual(Array(5).fill('sent'))
    expect(codes[5]).toMatchObject({ code: 'too_many_invites', retryAfterMs: expect.any(Number) })
    const [team] = teams
    const counted = createHash('sha256').update(`invites/org/${team?.org.id}`).digest()
    await db.updateTable('attempts').set({ tries: 50 }).where('key_hash', '=', counted).execute()
    await expect(team?.invites('owner', 'n50@example.test', 'viewer')).rejects.toMatchObject({
      message: 'The org has sent as many invites and links as it may within a day.',
    })
  })

  /** Invites and takes it back, so that the next one is not refused because of this one. */
  async function mails(
    db: Db,
    team: Awaited<ReturnType<typeof aTeam<'owner'>>>,
    email: string,
  ): Promise<void> {
    const { id } = await team.invites('owner', email, 'viewer')
    await revokeInvite(db, { ...team.by('owner'), invite: id })
  }

  test('an org mails an address three times a day, and takes none of these from another org', async ({
    db,
  }) => {
    const [one, other] = [await aTeam(db, 'owner'), await aTeam(db, 'owner')]
    const email = 'often@example.test'
    for (let i = 0; i < 3; i++) await mails(db, one, email)

    await expect(mails(db, one, email)).rejects.toEqual(code('too_many_invites'))
    await mails(db, other, email)
  })
})
