import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addMember, guestOrgsOf, liveRole, SCOPES } from '#domain/orgs'
import { addProjectToken, newKeyPair } from '#domain/projects'
import { acceptShare, revokeShare } from '#domain/sharing'
import { acceptInvite, formerMembers, inviteMember, removeMember } from '#domain/team'
import { mintId, type ProjectId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { openSecrets } from '#platform/secrets'
import { auditOf } from '../../support/a-member.ts'
import { aGuestOf, aPendingShare, aProjectOf, aShare, type ShareWanted } from '../../support/a-share.ts'
import { aDatabase } from '../../support/database.ts'
import { aPerson, type Person } from '../../support/mcp.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })

let database: Awaited<ReturnType<typeof aDatabase>>
let owner: Person
let guest: Person
let project: { id: ProjectId; slug: string }
beforeAll(async () => {
  database = await aDatabase()
})
beforeEach(async () => {
  owner = await aPerson(database.db)
  guest = await aPerson(database.db, { name: 'Gus' })
  project = await aProjectOf(database.db, owner.org.id, owner.customer)
})
afterAll(() => database.close())

const wanted = (more: Partial<ShareWanted> = {}): ShareWanted => ({
  org: owner.org.id,
  by: owner.customer,
  project: project.slug,
  email: guest.email,
  ...more,
})
const share = (more?: Partial<ShareWanted>) => aShare(database.db, secrets, wanted(more))
const accept = (token = '', who: Person = guest, at = new Date()) =>
  acceptShare(database.db, { token, customer: who.customer, at, request: 'req_1' })
const sharedNow = async (who: Person = guest) =>
  (await guestOrgsOf(database.db, who.customer)).flatMap(({ shared }) => shared.map((each) => each.project))
const endedShares = () =>
  database.db
    .selectFrom('project_shares')
    .select('ended_because')
    .where('org_id', '=', owner.org.id)
    .where('ended_at', 'is not', null)
    .execute()
const code = (of: string) => expect.objectContaining({ code: of }) as Error

describe('a guest', () => {
  const makeGuest = (more: Partial<ShareWanted> = {}) =>
    aGuestOf(database.db, secrets, { ...wanted(more), guest })

  test('an ended share ends the access at once, and is audited once; the keys of the guest are listed', async () => {
    const id = await makeGuest({ role: 'developer' })
    const org = { ...owner.org, role: 'owner' } as const
    const caller = { customer: owner.customer, scopes: [] }
    const revoke = () => revokeShare(database.db, { caller, org, share: id, at: new Date() })

    const [first, again] = [await revoke(), await revoke()]

    expect(await sharedNow()).toEqual([])
    expect(again.endedAt).toEqual(first.endedAt)
    const events = await auditOf(database.db, owner.org.id)
    expect(events.filter(({ action }) => action === 'revoke_project_share')).toHaveLength(1)
  })

  test('a share with an end stops to give access by itself', async () => {
    const until = new Date(Date.now() + 60_000)
    await makeGuest({ until })
    const during = await sharedNow()
    await database.db
      .updateTable('project_shares')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute()

    expect([during, await sharedNow()]).toEqual([[project.id], []])
  })

  test('sharing again with a guest changes the role at once and sends no mail', async () => {
    await makeGuest()

    const changed = await share({ role: 'developer' })

    expect([changed.outcome, changed.token]).toEqual(['changed', undefined])
    expect((await guestOrgsOf(database.db, guest.customer))[0]?.shared).toMatchObject([{ role: 'developer' }])
  })

  test('a guest who becomes a member is no guest any more, also after leaving the org', async () => {
    await makeGuest()
    await addMember(database.db, {
      org: owner.org.id,
      customer: guest.customer,
      role: 'billing',
      at: new Date(),
    })
    const asMember = await sharedNow()
    await database.db
      .deleteFrom('org_members')
      .where('customer_id', '=', guest.customer)
      .where('org_id', '=', owner.org.id)
      .execute()

    expect([asMember, await sharedNow()]).toEqual([[], []])
  })

  test('a link to the address of a person who becomes a member ends, also for a person removed again', async () => {
    const { token } = await share()
    const { org } = owner
    await addMember(database.db, { org: org.id, customer: guest.customer, role: 'viewer', at: new Date() })
    const [ended] = await endedShares()
    await database.db
      .deleteFrom('org_members')
      .where('customer_id', '=', guest.customer)
      .where('org_id', '=', org.id)
      .execute()

    await expect(accept(token)).rejects.toEqual(code('share_link_over'))
    expect(ended).toEqual({ ended_because: 'became_member' })
  })

  test('who is removed loses the links to the address, too, and the links that they sent and nobody used', async () => {
    const admin = await aPerson(database.db, { name: 'Ada' })
    const { org } = owner
    await addMember(database.db, { org: org.id, customer: admin.customer, role: 'admin', at: new Date() })
    await aGuestOf(database.db, secrets, { ...wanted({ by: admin.customer }), guest })
    const sent = await share({ by: admin.customer, email: 'other@example.test' })
    // as when the person took this address after the link was sent
    const own = { org: org.id, project: project.id, by: owner.customer, email: admin.email }
    await aPendingShare(database.db, own)
    const caller = { customer: owner.customer, request: 'req-remove', scopes: SCOPES }

    const removed = await removeMember(database.db, { caller, org, member: admin.customer, at: new Date() })

    const open = await database.db
      .selectFrom('project_shares')
      .select(['email_norm', 'customer_id'])
      .where('org_id', '=', org.id)
      .where('ended_at', 'is', null)
      .execute()
    expect(open).toEqual([{ email_norm: guest.email, customer_id: guest.customer }])
    expect(removed.endedLinks).toBe(1)
    expect(removed.left.guests).toMatchObject([{ email: guest.email, name: 'Gus', project: project.slug }])
    await expect(accept(sent.token)).rejects.toEqual(code('share_link_over'))
    const left = await formerMembers(database.db, { org: org.id, at: new Date() })
    expect(left).toEqual([{ customer: admin.customer, displayName: 'Ada' }])
    expect((await auditOf(database.db, org.id)).at(-1)).toMatchObject({
      action: 'remove_member',
      detail: { guests: 1, endedShares: 1, endedLinks: 1 },
    })
  })

  test('a guest with keys of the own is nobody who left', async () => {
    await makeGuest({ role: 'developer' })
    const at = new Date()
    const id = mintId('ptk', at, Math.random)
    const token = { id, project: project.id, label: 'ci', keys: newKeyPair(), createdBy: guest.customer, at }
    await addProjectToken(database.db, token)
    const during = await formerMembers(database.db, { org: owner.org.id, at })
    await database.db
      .updateTable('project_shares')
      .set({ expires_at: at })
      .where('customer_id', '=', guest.customer)
      .execute()

    expect(during).toEqual([])
    expect(await formerMembers(database.db, { org: owner.org.id, at })).toMatchObject([
      { displayName: 'Gus' },
    ])
  })

  test('a guest who joins by an invite ends as a guest, and the event counts the ended shares', async () => {
    await makeGuest()
    const { org } = owner
    const caller = { customer: owner.customer, request: 'req-invite', scopes: SCOPES }
    const at = new Date()
    const { id: invite } = await inviteMember(database.db, secrets, {
      caller,
      org,
      email: guest.email,
      role: 'viewer',
      at,
    })

    await acceptInvite(database.db, { caller: { ...caller, customer: guest.customer }, invite, at })

    expect(await endedShares()).toEqual([{ ended_because: 'became_member' }])
    expect((await auditOf(database.db, org.id)).at(-1)).toMatchObject({
      detail: { role: 'viewer', endedShares: 1 },
    })
  })

  test('a member needs no share', async () => {
    const { token } = await share()
    await addMember(database.db, {
      org: owner.org.id,
      customer: guest.customer,
      role: 'viewer',
      at: new Date(),
    })

    await expect(accept(token)).rejects.toEqual(code('already_sees_project'))
    await expect(share()).rejects.toEqual(code('already_sees_project'))
  })

  test('who accepts a share and is made a member at the same time ends as a member only', async () => {
    const { token } = await share()
    const join = inTransaction(database.db, async (tx) =>
      addMember(tx, { org: owner.org.id, customer: guest.customer, role: 'viewer', at: new Date() }),
    )

    await Promise.allSettled([accept(token), join])
    await database.db
      .deleteFrom('org_members')
      .where('customer_id', '=', guest.customer)
      .where('org_id', '=', owner.org.id)
      .execute()

    expect(await liveRole(database.db, owner.org.id, guest.customer)).toBeUndefined()
    expect(await sharedNow()).toEqual([])
  })

  test('a person whose address has changed and who used two links is a guest once', async () => {
    const email = `new-${guest.email}`
    const { token } = await share({ email, role: 'developer' })
    await makeGuest()
    await database.db
      .updateTable('customers')
      .set({ email_norm: email })
      .where('id', '=', guest.customer)
      .execute()

    await accept(token)

    expect((await auditOf(database.db, owner.org.id)).at(-1)).toMatchObject({
      action: 'accept_share',
      detail: { replaced: 1 },
    })

    expect((await guestOrgsOf(database.db, guest.customer))[0]?.shared).toMatchObject([{ role: 'developer' }])
  })
})
