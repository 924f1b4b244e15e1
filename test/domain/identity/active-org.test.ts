import { afterAll, beforeAll, expect, test } from 'vitest'
import { chooseActiveOrg, signOut } from '#domain/identity'
import { addMember, addOrg } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import { aCustomer, START } from '../../support/a-customer.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** A customer who is signed in and belongs to one org. */
async function aMember(slug: string) {
  const { db } = database
  const ann = await aCustomer(db)
  const org = mintId('org', START, Math.random)
  await addOrg(db, { id: org, slug, name: slug, at: START })
  await addMember(db, { org, customer: ann.id, role: 'viewer', at: START })
  const token = await ann.tries()
  const session = await ann.found(token)
  if (!session) throw new Error('nobody is signed in')
  return { ann, org, token, session }
}

test('a session begins in the oldest org of its person, and a choice of another org is read with it', async () => {
  const { ann, org, token, session } = await aMember('one-org')
  const later = mintId('org', START, Math.random)
  await addOrg(database.db, { id: later, slug: 'later-org', name: 'Later', at: START })
  await addMember(database.db, { org: later, customer: ann.id, role: 'viewer', at: new Date() })

  await chooseActiveOrg(database.db, { session, org: 'later-org', request: 'req_1' })

  expect([session.activeOrg, (await ann.found(token))?.activeOrg]).toEqual([org, later])
  expect(await ann.events()).toEqual([
    ['sign_in', 'done'],
    ['choose_active_org', 'done'],
  ])
})

test('a choice in a session that has ended meanwhile changes nothing and is not audited', async () => {
  const { ann, session } = await aMember('other-org')
  await signOut(database.db, { session, request: 'req_1' })

  await chooseActiveOrg(database.db, { session, org: 'other-org', request: 'req_2' })

  expect(await ann.events()).toEqual([
    ['sign_in', 'done'],
    ['sign_out', 'done'],
  ])
})

test('a choice of an org of other people is refused, and the session keeps its org', async () => {
  const [{ ann, org, token, session }, stranger] = [await aMember('own-org'), await aMember('foreign-org')]
  await chooseActiveOrg(database.db, { session, org, request: 'req_1' })

  for (const foreign of ['foreign-org', stranger.org])
    await expect(
      chooseActiveOrg(database.db, { session, org: foreign, request: 'req_2' }),
    ).rejects.toMatchObject({ code: 'org_not_found' })

  expect((await ann.found(token))?.activeOrg).toBe(org)
})
