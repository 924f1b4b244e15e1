import { describe, expect } from 'vitest'
import { addMember, guestOrgsOf, liveRole, SCOPES } from '#domain/orgs'
import { addProjectToken, newKeyPair } from '#domain/projects'
import { revokeShare } from '#domain/sharing'
import { acceptInvite, formerMembers, inviteMember, removeMember } from '#domain/team'
import { type CustomerId, mintId, type OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { auditOf } from '../../support/a-member.ts'
import { aPendingShare } from '../../support/a-share.ts'
import { aPerson } from '../../support/mcp.ts'
import { secrets, sharingTest as test } from '../../support/sharing-test.ts'

const endedShares = (db: Db, org: OrgId) =>
  db
    .selectFrom('project_shares')
    .select('ended_because')
    .where('org_id', '=', org)
    .where('ended_at', 'is not', null)
    .execute()
const joins = (db: Db, org: OrgId, customer: CustomerId, role: 'billing' | 'viewer') =>
  addMember(db, { org, customer, role, at: new Date() })
const leaves = (db: Db, org: OrgId, customer: CustomerId) =>
  db.deleteFrom('org_members').where('customer_id', '=', customer).where('org_id', '=', org).execute()
const code = (of: string) => expect.objectContaining({ code: of }) as Error

describe('a guest', () => {
  test('an ended share ends the access at once, and is audited once; the keys of the guest are listed', async ({
    db,
    owner,
    makeGuest,
    sharedNow,
  }) => {
    const id = await makeGuest({ role: 'developer' })
    const org = { ...owner.org, role: 'owner' } as const
    const caller = { customer: owner.customer, scopes: [] }
    const revoke = () => revokeShare(db, { caller, org, share: id, at: new Date() })

    const [first, again] = [await revoke(), await revoke()]

    expect(await sharedNow()).toEqual([])
    expect(again.endedAt).toEqual(first.endedAt)
    const events = await auditOf(db, owner.org.id)
    expect(events.filter(({ action }) => action === 'revoke_project_share')).toHaveLength(1)
  })

  test('a share with an end stops to give access by itself', async ({
    db,
    project,
    makeGuest,
    sharedNow,
  }) => {
    const until = new Date(Date.now() + 60_000)
    await makeGuest({ until })
    const during = await sharedNow()
    await db
      .updateTable('project_shares')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute()

    expect([during, await sharedNow()]).toEqual([[project.id], []])
  })

  test('sharing again with a guest changes the role at once and sends no mail', async ({
    db,
    guest,
    share,
    makeGuest,
  }) => {
    await makeGuest()

    const changed = await share({ role: 'developer' })

    expect([changed.outcome, changed.token]).toEqual(['changed', undefined])
    expect((await guestOrgsOf(db, guest.customer))[0]?.shared).toMatchObject([{ role: 'developer' }])
  })

  test('a guest who becomes a member is no guest any more, also after leaving the org', async ({
    db,
    owner,
    guest,
    makeGuest,
    sharedNow,
  }) => {
    await makeGuest()
    await joins(db, owner.org.id, guest.customer, 'billing')
    const asMember = await sharedNow()
    await leaves(db, owner.org.id, guest.customer)

    expect([asMember, await sharedNow()]).toEqual([[], []])
  })

  test('a link to the address of a person who becomes a member ends, also for a person removed again', async ({
    db,
    owner,
    guest,
    share,
    accept,
  }) => {
    const { token } = await share()
    const { org } = owner
    await addMember(db, { org: org.id, customer: guest.customer, role: 'viewer', at: new Date() })
    const [ended] = await endedShares(db, owner.org.id)
    await leaves(db, org.id, guest.customer)

    await expect(accept(token)).rejects.toEqual(code('share_link_over'))
    expect(ended).toEqual({ ended_because: 'became_member' })
  })

  test('who is removed loses the links to the address, too, and the links that they sent and nobody used', async ({
    db,
    owner,
    guest,
    project,
    share,
    makeGuest,
    accept,
  }) => {
    const admin = await aPerson(db, { name: 'Ada' })
    const { org } = owner
    await addMember(db, { org: org.id, customer: admin.customer, role: 'admin', at: new Date() })
    await makeGuest({ by: admin.customer })
    const sent = await share({ by: admin.customer, email: 'other@example.test' })
    // as when the person took this address after the link was sent
    const own = { org: org.id, project: project.id, by: owner.customer, email: admin.email }
    await aPendingShare(db, own)
    const caller = { customer: owner.customer, request: 'req-remove', scopes: SCOPES }

    const removed = await removeMember(db, { caller, org, member: admin.customer, at: new Date() })

    const open = await db
      .selectFrom('project_shares')
      .select(['email_norm', 'customer_id'])
      .where('org_id', '=', org.id)
      .where('ended_at', 'is', null)
      .execute()
    expect(open).toEqual([{ email_norm: guest.email, customer_id: guest.customer }])
    expect(removed.endedLinks).toBe(1)
    expect(removed.left.guests).toMatchObject([{ email: guest.email, name: 'Gus', project: project.slug }])
    await expect(accept(sent.token)).rejects.toEqual(code('share_link_over'))
    const left = await formerMembers(db, { org: org.id, at: new Date() })
    expect(left).toEqual([{ customer: admin.customer, displayName: 'Ada' }])
    expect((await auditOf(db, org.id)).at(-1)).toMatchObject({
      action: 'remove_member',
      detail: { guests: 1, endedShares: 1, endedLinks: 1 },
    })
  })

  test('a guest who manages the keys they made is not listed among the people who left, but one who may only look is', async ({
    db,
    owner,
    guest,
    project,
    makeGuest,
  }) => {
    await makeGuest({ role: 'developer' })
    const at = new Date()
    const id = mintId('ptk', at, Math.random)
    const token = { id, project: project.id, label: 'ci', keys: newKeyPair(), createdBy: guest.customer, at }
    await addProjectToken(db, token)
    const share = db.updateTable('project_shares').where('customer_id', '=', guest.customer)
    const left = () => formerMembers(db, { org: owner.org.id, at })

    const during = await left()
    await share.set({ expires_at: at }).execute()
    const after = await left()
    await share.set({ expires_at: null, role: 'viewer' }).execute()

    expect(during).toEqual([])
    for (const listed of [after, await left()]) expect(listed).toMatchObject([{ displayName: 'Gus' }])
  })

  test('a guest who joins by an invite ends as a guest, and the event counts the ended shares', async ({
    db,
    owner,
    guest,
    makeGuest,
  }) => {
    await makeGuest()
    const { org } = owner
    const caller = { customer: owner.customer, request: 'req-invite', scopes: SCOPES }
    const at = new Date()
    const { id: invite } = await inviteMember(db, secrets, {
      caller,
      org,
      email: guest.email,
      role: 'viewer',
      at,
    })

    await acceptInvite(db, { caller: { ...caller, customer: guest.customer }, invite, at })

    expect(await endedShares(db, owner.org.id)).toEqual([{ ended_because: 'became_member' }])
    expect((await auditOf(db, org.id)).at(-1)).toMatchObject({
      detail: { role: 'viewer', endedShares: 1 },
    })
  })

  test('a member needs no share', async ({ db, owner, guest, share, accept }) => {
    const { token } = await share()
    await joins(db, owner.org.id, guest.customer, 'viewer')

    await expect(accept(token)).rejects.toEqual(code('already_sees_project'))
    await expect(share()).rejects.toEqual(code('already_sees_project'))
  })

  test('who accepts a share and is made a member at the same time ends as a member only', async ({
    db,
    owner,
    guest,
    share,
    accept,
    sharedNow,
  }) => {
    const { token } = await share()
    const join = inTransaction(db, async (tx) =>
      addMember(tx, { org: owner.org.id, customer: guest.customer, role: 'viewer', at: new Date() }),
    )

    await Promise.allSettled([accept(token), join])
    await leaves(db, owner.org.id, guest.customer)

    expect(await liveRole(db, owner.org.id, guest.customer)).toBeUndefined()
    expect(await sharedNow()).toEqual([])
  })

  test('a person whose address has changed and who used two links is a guest once', async ({
    db,
    owner,
    guest,
    share,
    accept,
    makeGuest,
  }) => {
    const email = `new-${guest.email}`
    const { token } = await share({ email, role: 'developer' })
    await makeGuest()
    await db.updateTable('customers').set({ email_norm: email }).where('id', '=', guest.customer).execute()

    await accept(token)

    expect((await auditOf(db, owner.org.id)).at(-1)).toMatchObject({
      action: 'accept_share',
      detail: { replaced: 1 },
    })

    expect((await guestOrgsOf(db, guest.customer))[0]?.shared).toMatchObject([{ role: 'developer' }])
  })
})
