import { afterAll, beforeAll, expect, test } from 'vitest'
import { setActiveOrg } from '#domain/connections'
import type { OrgAccess } from '#domain/orgs'
import { inTransaction } from '#platform/transactions'
import { auditOf } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { aPerson, CLIENT_ID, joins, type Person } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

const switchTo = ({ customer, connection }: Person, org: OrgAccess) =>
  setActiveOrg(database.db, { caller: { customer, connection, client: CLIENT_ID, scopes: [] }, org })

const connectionOf = ({ connection }: Person) =>
  database.db.selectFrom('connections').select('active_org_id').where('id', '=', connection)

test('an org that the caller left meanwhile does not become the active org', async () => {
  const ann = await aPerson(database.db)
  const left = await joins(database.db, ann, 'owner')
  await database.db.deleteFrom('org_members').where('org_id', '=', left.id).execute()

  await expect(switchTo(ann, left)).rejects.toMatchObject({ code: 'org_not_found' })

  expect(await connectionOf(ann).executeTakeFirstOrThrow()).toEqual({ active_org_id: ann.org.id })
  expect(await auditOf(database.db, left.id)).toEqual([])
})

test('the second of two switches at the same time starts from the org of the first one', async () => {
  const ann = await aPerson(database.db)
  const others = [await joins(database.db, ann, 'owner'), await joins(database.db, ann, 'viewer')] as const
  let switching: Promise<unknown> | undefined

  await inTransaction(database.db, async (tx) => {
    await tx.selectFrom('connections').select('id').where('id', '=', ann.connection).forUpdate().execute()
    switching = Promise.all(others.map((org) => switchTo(ann, org)))
    await expect.poll(() => lockWaiters(database.db)).toBe(2)
  })
  await switching

  const { active_org_id: last } = await connectionOf(ann).executeTakeFirstOrThrow()
  const [between = ''] = others.map(({ id }) => id).filter((id) => id !== last)
  const steps = (await auditOf(database.db, between)).map(({ detail }) => detail)
  expect(steps).toEqual([
    { from: ann.org.id, to: between },
    { from: between, to: last },
  ])
})
