import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addMember, guestOrgsOf } from '#domain/orgs'
import { archiveProject } from '#domain/projects'
import { acceptShare, listShares, offeredShare, revokeShare } from '#domain/sharing'
import { acceptInvite, madeByMember } from '#domain/team'
import type { ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { auditOf } from '../../support/a-member.ts'
import { aGuestOf, aPendingShare, aProjectOf, aShare, type ShareWanted } from '../../support/a-share.ts'
import { aTeam, race, somebody, type Teammate } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
let team: Awaited<ReturnType<typeof aTeam<'owner'>>>
let wanted: Omit<ShareWanted, 'email'>
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
beforeEach(async () => {
  team = await aTeam(db, 'owner')
  const by = team.people.owner.customer
  wanted = { org: team.org.id, by, project: (await aProjectOf(db, team.org.id, by)).id }
})
afterAll(() => database.close())

const share = (email: string, more: Partial<ShareWanted> = {}) =>
  aShare(db, secrets, { ...wanted, email, ...more })
const accept = (token = '', { customer }: Teammate) =>
  acceptShare(db, { token, customer, at: new Date(), request: 'req_1' })
const moveTo = (email: string, { customer }: Teammate) =>
  db.updateTable('customers').set({ email_norm: email }).where('id', '=', customer).execute()
const rolesOf = async ({ customer }: Teammate) =>
  (await guestOrgsOf(db, customer)).flatMap(({ shared }) => shared.map(({ role }) => role))

const asOwner = () => ({ ...team.by('owner'), org: { ...team.org, role: 'owner' as const } })

/** A guest whose address was taken over by somebody else. */
async function aMovedGuest() {
  const [guest, heir] = [await somebody(db, 'Pat'), await somebody(db, 'Quinn')]
  await aGuestOf(db, secrets, { ...wanted, guest })
  const { email } = guest
  await moveTo(`new-${email}`, guest)
  await moveTo(email, heir)
  return { guest, heir, email }
}

describe('a guest whose address belongs to somebody else now', () => {
  test('sharing with the address sends a link to its new owner and leaves the guest as they are', async () => {
    const { guest, heir, email } = await aMovedGuest()

    const sent = await share(email, { role: 'developer' })
    await accept(sent.token, heir)

    expect(sent.outcome).toBe('sent')
    expect([await rolesOf(guest), await rolesOf(heir)]).toEqual([['viewer'], ['developer']])
  })

  test('sharing with the new address of the guest changes their role at once', async () => {
    const { guest, email } = await aMovedGuest()

    const changed = await share(`new-${email}`, { role: 'developer' })

    expect([changed.outcome, await rolesOf(guest)]).toEqual(['changed', ['developer']])
  })

  test('an earlier link to the new address of the guest cannot take back a change of their role', async () => {
    const guest = await somebody(db, 'Pat')
    const { token } = await share(`new-${guest.email}`, { role: 'developer' })
    await aGuestOf(db, secrets, { ...wanted, guest, role: 'developer' })
    await moveTo(`new-${guest.email}`, guest)

    const changed = await share(`new-${guest.email}`, { role: 'viewer' })

    await expect(accept(token, guest)).rejects.toMatchObject({ code: 'share_link_over' })
    expect([changed.outcome, await rolesOf(guest)]).toEqual(['changed', ['viewer']])
  })

  test('a guest whose share is revoked cannot come back by an earlier link to their new address', async () => {
    const guest = await somebody(db, 'Pat')
    const { token } = await share(`new-${guest.email}`)
    const id = await aGuestOf(db, secrets, { ...wanted, guest })
    await moveTo(`new-${guest.email}`, guest)
    const elsewhere = (await aProjectOf(db, wanted.org, wanted.by, 'Other')).id
    const other = await share(`new-${guest.email}`, { project: elsewhere })

    const revoked = await revokeShare(db, { ...asOwner(), share: id })

    await expect(accept(token, guest)).rejects.toMatchObject({ code: 'share_link_over' })
    expect([revoked.email, await rolesOf(guest)]).toEqual([`new-${guest.email}`, []])
    await accept(other.token, guest)
    expect(await rolesOf(guest)).toEqual(['viewer'])
  })

  test('a guest who used a second link loses what it gave when the share that it replaced is revoked', async () => {
    const guest = await somebody(db, 'Pat')
    const { share: second, token } = await share(`new-${guest.email}`, { role: 'developer' })
    const first = await aGuestOf(db, secrets, { ...wanted, guest })
    await moveTo(`new-${guest.email}`, guest)
    await accept(token, guest)
    const revoke = (when: Date) => revokeShare(db, { ...asOwner(), share: first, at: when })

    const revoked = await revoke(at)
    const again = await revoke(new Date(at.getTime() + 1))

    expect([revoked.endedAt, again.endedAt === at, await rolesOf(guest)]).toEqual([at, false, []])
    const events = (await auditOf(db, team.org.id)).filter(({ action }) => action === 'revoke_project_share')
    expect(events).toMatchObject([{ object: first, detail: { guest: guest.customer, replaced_by: second } }])
  })

  test('revoking a share that was revoked leaves a later share with the same person', async () => {
    const guest = await somebody(db, 'Pat')
    const first = await aGuestOf(db, secrets, { ...wanted, guest })
    const revoke = () => revokeShare(db, { ...asOwner(), share: first })
    await revoke()
    await aGuestOf(db, secrets, { ...wanted, guest, role: 'developer' })

    await revoke()

    expect(await rolesOf(guest)).toEqual(['developer'])
  })

  test('every list shows the address by which the project is shared with the guest', async () => {
    const { email } = await aMovedGuest()
    const { token: _, ...sent } = await share(`link-to-${email}`)
    const project = wanted.project as ProjectId

    const shares = await listShares(db, { org: wanted.org, project, limit: 10, at })
    const made = await madeByMember(db, { org: wanted.org, customer: wanted.by, at })

    expect(sent.outcome).toBe('sent')
    expect(shares.map((each) => each.email)).toEqual([`link-to-${email}`, `new-${email}`])
    expect(made.guests.map((each) => each.email)).toEqual([`new-${email}`])
  })

  test('nothing shows the new address of a person whose share has ended', async () => {
    const { guest, email } = await aMovedGuest()
    const project = wanted.project as ProjectId
    const list = async () =>
      (await listShares(db, { org: wanted.org, project, limit: 10, at })).map((each) => each.email)
    const [first] = await listShares(db, { org: wanted.org, project, limit: 10, at })
    const of = db.updateTable('project_shares').where('customer_id', '=', guest.customer)
    const revoke = () => revokeShare(db, { ...asOwner(), share: first?.id ?? '' })

    const during = await list()
    await of.set({ expires_at: new Date(0) }).execute()
    const expired = await list()
    const shown = [await revoke(), await revoke()].map((each) => each.email)

    expect([during, expired, shown]).toEqual([[`new-${email}`], [email], [email, email]])
  })

  test('a guest whose share is revoked while they use a second link has nothing afterwards', async () => {
    const guest = await somebody(db, 'Pat')
    const { token } = await share(`new-${guest.email}`, { role: 'developer' })
    const first = await aGuestOf(db, secrets, { ...wanted, guest })
    await moveTo(`new-${guest.email}`, guest)

    const [accepted, revoked] = await race(
      db,
      wanted.org,
      async () => accept(token, guest),
      async () => revokeShare(db, { ...asOwner(), share: first }),
    )

    expect([revoked, await rolesOf(guest)]).toEqual(['done', []])
    expect(['done', 'share_link_over']).toContain(accepted)
  })

  test('the guest stays one when the new owner of the address becomes a member by an invite', async () => {
    const { guest, heir, email } = await aMovedGuest()
    const { id: invite } = await team.invites('owner', email, 'viewer')

    await acceptInvite(db, { caller: heir.caller, invite, at })

    expect(await rolesOf(guest)).toEqual(['viewer'])
    expect((await auditOf(db, team.org.id)).at(-1)).toMatchObject({ detail: { role: 'viewer' } })
  })

  test('the guest stays one when the new owner of the address is made a member in any other way', async () => {
    const { guest, heir } = await aMovedGuest()

    await addMember(db, { org: team.org.id, customer: heir.customer, role: 'viewer', at })

    expect(await rolesOf(guest)).toEqual(['viewer'])
  })
})

describe('a project with as many shares as it may have', () => {
  async function aFullProject(): Promise<void> {
    const of = { org: wanted.org, by: wanted.by, project: wanted.project as never }
    for (let i = 0; i < 100; i++) await aPendingShare(db, of)
  }

  test('a project is shared with 100 people and no more', async () => {
    await aFullProject()

    await expect(share('more@example.test')).rejects.toMatchObject({ code: 'too_many_shares' })
  })

  test.for([
    ['a share whose end has passed', { expires_at: new Date(0) }],
    ['a link that nobody used in time', { link_expires_at: new Date(0) }],
  ] as const)('%s makes room for another person', async ([, over]) => {
    await aFullProject()
    const one = db.selectFrom('project_shares').select('id').where('org_id', '=', wanted.org).limit(1)
    await db.updateTable('project_shares').set(over).where('id', 'in', one).execute()

    expect((await share('more@example.test')).outcome).toBe('sent')
    await expect(share('one-more@example.test')).rejects.toMatchObject({ code: 'too_many_shares' })
  })
})

test('a link to an archived project offers nothing', async () => {
  const guest = await somebody(db)
  const { token = '' } = await share(guest.email)
  await archiveProject(db, wanted.project as never, at)

  await expect(offeredShare(db, { token, customer: guest.customer, at })).rejects.toMatchObject({
    code: 'project_archived',
  })
})

test('the audit log says what a guest had before a change and has now', async () => {
  const guest = await somebody(db)
  const [until, later] = [new Date(Date.now() + 60_000), new Date(Date.now() + 120_000)]
  await aGuestOf(db, secrets, { ...wanted, guest, until })

  await share(guest.email, { role: 'developer', until: later })

  expect((await auditOf(db, team.org.id)).at(-1)).toMatchObject({
    action: 'share_project',
    detail: {
      role: 'developer',
      role_before: 'viewer',
      until: later.toISOString(),
      until_before: until.toISOString(),
    },
  })
})
