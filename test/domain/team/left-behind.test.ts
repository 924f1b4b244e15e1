import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addProjectToken, newKeyPair } from '#domain/projects'
import {
  acceptInvite,
  formerMember,
  formerMembers,
  madeByMember,
  removeMember,
  whatStays,
} from '#domain/team'
import { type CustomerId, mintId, type ProjectId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openSecrets } from '#platform/secrets'
import { auditOf } from '../../support/a-member.ts'
import { aGuestOf, aProjectOf } from '../../support/a-share.ts'
import { aTeam, at, somebody } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'
import { planOf } from '../../support/plan-of.ts'

const secrets = openSecrets({ key: randomBytes(32).toString('base64') })

let database: Awaited<ReturnType<typeof aDatabase>>
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  ;({ db } = database)
})
afterAll(() => database.close())

async function aToken(project: ProjectId, createdBy: CustomerId) {
  const id = mintId('ptk', at, Math.random)
  await addProjectToken(db, { id, project, label: 'ci', keys: newKeyPair(), createdBy, at })
  return id
}

describe('a person who left', () => {
  test('a person who left and is now a guest of one project is listed with what goes on in the others', async () => {
    const team = await aTeam(db, 'owner', 'developer')
    const { owner, developer } = team.people
    const [one, other] = [
      await aProjectOf(db, team.org.id, owner.customer, 'One'),
      await aProjectOf(db, team.org.id, owner.customer, 'Other'),
    ]
    const kept = await aToken(one.id, developer.customer)
    await removeMember(db, { ...team.by('owner'), member: developer.customer })
    const by = { org: team.org.id, by: owner.customer, project: other.id }
    await aGuestOf(db, secrets, { ...by, guest: developer, role: 'developer' })
    await aToken(other.id, developer.customer)
    const of = { org: team.org.id, customer: developer.customer, at }

    expect(await formerMembers(db, of)).toMatchObject([{ customer: developer.customer }])
    expect((await madeByMember(db, of)).tokens).toMatchObject([{ id: kept, project: one.slug }])
  })

  test('a person who left is found by id and on the next page, however many others left', async () => {
    const team = await aTeam(db, 'owner')
    const { customer } = team.people.owner
    const { id: project } = await aProjectOf(db, team.org.id, customer)
    const people: CustomerId[] = []
    for (let i = 0; i < 51; i++) {
      const { customer: left } = await somebody(db)
      await aToken(project, left)
      people.push(left)
    }
    const last = people.sort().at(-1) ?? customer
    const org = team.org.id

    const first = await formerMembers(db, { org, at })
    const next = await formerMembers(db, { org, at, after: first.at(-1)?.customer })

    expect([first.length, next]).toEqual([50, [{ customer: last, displayName: 'Somebody' }]])
    expect(await formerMember(db, { org, at, customer: last })).toMatchObject({ customer: last })
    expect(await formerMember(db, { org, at, customer })).toBeUndefined()
  })

  test('people who left are found without a scan of all customers', async () => {
    const team = await aTeam(db, 'owner')
    const { customer } = team.people.owner
    const { id: project } = await aProjectOf(db, team.org.id, customer)
    const { customer: left } = await somebody(db)
    await aToken(project, left)
    await sql`
      insert into customers (id, email_norm, display_name, created_at)
      select 'cst_' || lpad(n::text, 26, '0'), n || '@many.test', 'Many', now()
        from generate_series(1, 5000) n`.execute(db)
    await sql`analyze customers`.execute(db)

    const plan = await planOf(db, (watched) => formerMembers(watched, { org: team.org.id, at }))

    expect(plan).toContain('customers_pkey')
    expect(plan).not.toMatch(/Rows Removed by Filter: \d{2}/)
  })

  test('what a person leaves behind is shown before the removal and after it, to owners and admins only', async () => {
    const team = await aTeam(db, 'owner', 'developer', 'viewer')
    const { owner, developer, viewer } = team.people
    const { id: project } = await aProjectOf(db, team.org.id, owner.customer)
    const token = await aToken(project, developer.customer)
    const wanted = (caller = owner.caller, role: 'owner' | 'viewer' = 'owner') =>
      whatStays(db, { caller, org: { ...team.org, role }, member: developer.customer, at })

    const before = await wanted()
    await removeMember(db, { ...team.by('owner'), member: developer.customer })

    expect(before.left.tokens).toMatchObject([{ id: token }])
    expect(await wanted()).toEqual(before)
    await expect(wanted(viewer.caller, 'viewer')).rejects.toMatchObject({ code: 'not_allowed' })
    await db.updateTable('project_tokens').set({ revoked_at: at }).where('id', '=', token).execute()
    await expect(wanted()).rejects.toMatchObject({ code: 'member_not_found' })
  })

  test('a person who left does not come back by an earlier invite to their address', async () => {
    const team = await aTeam(db, 'owner', 'developer')
    const { developer } = team.people
    const email = `new-${developer.email}`
    const { id: invite } = await team.invites('owner', email, 'admin')
    await db
      .updateTable('customers')
      .set({ email_norm: email })
      .where('id', '=', developer.customer)
      .execute()

    const removed = await removeMember(db, { ...team.by('owner'), member: developer.customer })

    await expect(acceptInvite(db, { caller: developer.caller, invite, at })).rejects.toMatchObject({
      code: 'invite_over',
    })
    expect(removed.revokedInvites).toBe(1)
    expect((await auditOf(db, team.org.id)).at(-1)).toMatchObject({
      action: 'remove_member',
      detail: { cards: 0, revokedInvites: 1 },
    })
  })
})
