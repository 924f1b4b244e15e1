import { describe, expect } from 'vitest'
import { completeOnce } from '#domain/operations'
import { lockOrgToDelete, markOrgDeleted } from '#domain/orgs'
import { deleteOrg, renameOrg, transferOrg } from '#domain/team'
import { mintId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { auditOf } from '../../support/a-member.ts'
import { at, aTeam, race, somebody } from '../../support/a-team.ts'
import { databaseTest as test } from '../../support/database-test.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

const code = (refused: string) => expect.objectContaining({ code: refused })

describe('an org and its owner', () => {
  test('only an owner renames and hands over an org, and only after its slug was typed', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'admin', 'viewer')
    const member = team.people.viewer.customer
    const transfer = { ...team.by('owner'), member, confirm: team.org.slug }

    await expect(renameOrg(db, { ...team.by('admin'), name: 'Mine' })).rejects.toEqual(code('not_allowed'))
    await expect(renameOrg(db, { ...team.by('owner'), name: 'A\u202eb' })).rejects.toEqual(
      code('org_name_invalid'),
    )
    await renameOrg(db, { ...team.by('owner'), name: ' Ours ' })
    await expect(transferOrg(db, { ...transfer, ...team.by('admin') })).rejects.toEqual(code('not_allowed'))
    await expect(transferOrg(db, { ...transfer, confirm: 'Ours' })).rejects.toEqual(code('name_not_typed'))
    const stranger = await somebody(db)
    for (const other of [stranger.customer, team.people.owner.customer])
      await expect(transferOrg(db, { ...transfer, member: other })).rejects.toEqual(code('member_not_found'))
    await team.invites('owner', 'boss@example.test', 'owner')
    await transferOrg(db, transfer)

    expect(await auditOf(db, team.org.id)).toContainEqual(
      expect.objectContaining({
        action: 'transfer_org',
        detail: expect.objectContaining({ revokedInvites: 1 }),
      }),
    )
    expect(await team.roles()).toEqual({ owner: 'admin', admin: 'admin', viewer: 'owner' })
    expect(await team.actions()).toEqual(['rename_org', 'invite_member', 'transfer_org'])
  })

  test('an owner who hands over the org twice at once does it once', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'admin', 'viewer')
    const to = (name: 'admin' | 'viewer') => () =>
      transferOrg(db, {
        ...team.by('owner'),
        member: team.people[name].customer,
        confirm: team.org.slug,
      })

    expect((await race(db, team.org.id, to('admin'), to('viewer'))).toSorted()).toEqual([
      'done',
      'not_allowed',
    ])
    expect(Object.values(await team.roles()).filter((role) => role === 'owner')).toHaveLength(1)
  })

  test('a deleted org is not found any more, its invites end, and its owners get a mail', async ({ db }) => {
    const team = await aTeam(db, 'owner', 'owner 2')
    await team.invites('owner', 'late@example.test', 'viewer')
    const wanted = { ...team.by('owner'), confirm: team.org.slug }

    await expect(deleteOrg(db, { ...wanted, confirm: '' })).rejects.toEqual(code('name_not_typed'))
    await deleteOrg(db, wanted)

    await expect(deleteOrg(db, wanted)).rejects.toEqual(code('org_not_found'))
    expect((await auditOf(db, team.org.id)).at(-1)).toMatchObject({ detail: { revokedInvites: 1 } })
    const mails = await db
      .selectFrom('mails')
      .select('to_address')
      .where('kind', '=', 'org_deleted')
      .execute()
    expect(mails.map(({ to_address }) => to_address).toSorted()).toEqual(
      [team.people.owner.email, team.people['owner 2'].email].toSorted(),
    )
    const open = await db
      .selectFrom('org_invites')
      .select('id')
      .where('org_id', '=', team.org.id)
      .where('revoked_at', 'is', null)
      .execute()
    expect(open).toEqual([])
  })

  test('an org with an open operation is not deleted, also when it began at the same time', async ({
    db,
  }) => {
    const team = await aTeam(db, 'owner')
    const wanted = { ...team.by('owner'), confirm: team.org.slug }
    const id = mintId('op', at, Math.random)
    let deleting: Promise<unknown> | undefined
    await inTransaction(db, async (tx) => {
      await tx
        .insertInto('operations')
        .values({
          id,
          org_id: team.org.id,
          story: 'sync_package',
          idempotency_key: id,
          input: '{}',
          input_hash: Buffer.alloc(32),
          workflow_id: id,
          created_at: at,
          updated_at: at,
        })
        .execute()
      deleting = deleteOrg(db, wanted).catch((error: unknown) => error)
      await expect.poll(() => lockWaiters(db)).toBe(1)
    })

    expect(await deleting).toMatchObject({ code: 'org_in_use', params: { holds: ['operations'] } })
  })

  test('nothing begins in an org that is deleted at the same time', async ({ db }) => {
    const team = await aTeam(db, 'owner')
    const { caller, org } = team.by('owner')
    const wanted = { story: 'create_project', key: 'a-late-key', caller, org, input: {}, at }
    const begins = () =>
      inTransaction(db, (tx) => completeOnce(tx, wanted, async () => ({ result: {}, object: 'late' })))
    let beginning: Promise<unknown> | undefined
    await inTransaction(db, async (tx) => {
      await lockOrgToDelete(tx, org.id)
      beginning = begins().catch((error: unknown) => error)
      await expect.poll(() => lockWaiters(db)).toBe(1)
      await markOrgDeleted(tx, { org: org.id, at })
    })

    expect(await beginning).toMatchObject({ code: 'org_not_found' })
    expect(await db.selectFrom('operations').select('id').where('org_id', '=', org.id).execute()).toEqual([])
  })
})
