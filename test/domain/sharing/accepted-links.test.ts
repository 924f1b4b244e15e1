import { expect } from 'vitest'
import { guestOrgsOf, orgForCustomer } from '#domain/orgs'
import { offeredShare, revokeShare } from '#domain/sharing'
import { auditOf } from '../../support/a-member.ts'
import { aPendingShare } from '../../support/a-share.ts'
import { sharingTest as test } from '../../support/sharing-test.ts'

test('revoking a replaced share twice leaves what the guest got in between', async ({
  db,
  owner,
  guest,
  share,
  accept,
  makeGuest,
}) => {
  const { token } = await share({ email: `new-${guest.email}` })
  const replaced = await makeGuest()
  await db
    .updateTable('customers')
    .set({ email_norm: `new-${guest.email}` })
    .where('id', '=', guest.customer)
    .execute()
  await accept(token)
  const org = await orgForCustomer(db, owner.customer, owner.org.id)
  const caller = { customer: owner.customer, scopes: [] }
  const revoke = () => revokeShare(db, { caller, org, share: replaced, at: new Date() })
  const first = await revoke()
  await accept((await share({ email: `new-${guest.email}`, role: 'developer' })).token)

  const again = await revoke()

  const [seen] = await guestOrgsOf(db, guest.customer)
  expect(seen?.shared).toMatchObject([{ role: 'developer' }])
  expect(again.endedAt < first.endedAt).toBe(true)
  const events = (await auditOf(db, owner.org.id)).filter(({ action }) => action === 'revoke_project_share')
  expect(events).toHaveLength(1)
})

test('a disabled account accepts no share', async ({ db, guest, project, share, accept }) => {
  const { token = '' } = await share()
  const disabled = (disabled_at: Date | null) =>
    db.updateTable('customers').set({ disabled_at }).where('id', '=', guest.customer).execute()
  await disabled(new Date())

  await expect(accept(token)).rejects.toMatchObject({ code: 'share_link_over' })
  const offered = offeredShare(db, { token, customer: guest.customer, at: new Date() })
  await expect(offered).rejects.toMatchObject({ code: 'share_link_over' })
  await disabled(null)
  expect(await accept(token)).toBe(project.id)
})

test('sharing again on the same terms with a guest changes nothing and is not audited, other terms are', async ({
  db,
  owner,
  guest,
  project,
  share,
  makeGuest,
}) => {
  const until = new Date(Date.now() + 7 * 24 * 60 * 60_000)
  const id = await makeGuest({ role: 'developer', until })
  const events = async () =>
    (await auditOf(db, owner.org.id)).filter(({ action }) => action === 'share_project').length
  const first = await events()

  const same = [await share({ role: 'developer', until }), await share({ role: 'developer', until })]
  const unchanged = await events()
  await share({ role: 'developer' })
  await share({ role: 'viewer' })

  for (const each of same)
    expect(each).toMatchObject({ share: id, outcome: 'changed', replayed: false, token: undefined })
  expect([unchanged - first, (await events()) - first]).toEqual([0, 2])

  // an unused link to the guest, as after a change of their address, would end: that is a change
  const of = { org: owner.org.id, by: owner.customer, project: project.id, email: guest.email }
  await aPendingShare(db, of)
  await share({ role: 'viewer' })
  expect((await events()) - first).toBe(3)
})
