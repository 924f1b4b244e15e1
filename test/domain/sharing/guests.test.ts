import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addMember, guestOrgsOf, liveRole } from '#domain/orgs'
import { acceptShare, revokeShare } from '#domain/sharing'
import type { ProjectId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { openSecrets } from '#platform/secrets'
import { auditOf } from '../../support/a-member.ts'
import { aGuestOf, aProjectOf, aShare, type ShareWanted } from '../../support/a-share.ts'
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
    await makeGuest()
    const email = `new-${guest.email}`
    await database.db
      .updateTable('customers')
      .set({ email_norm: email })
      .where('id', '=', guest.customer)
      .execute()

    await aGuestOf(database.db, secrets, { ...wanted({ role: 'developer' }), guest: { ...guest, email } })

    expect((await guestOrgsOf(database.db, guest.customer))[0]?.shared).toMatchObject([{ role: 'developer' }])
  })
})
