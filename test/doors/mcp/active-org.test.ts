import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { verifyChain } from '#domain/audit'
import type { OrgAccess } from '#domain/orgs'
import { auditOf, resultIn } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, anOrg, aPerson, CLIENT_ID, joins } from '../../support/mcp.ts'
import type { McpDoor, Person } from '../../support/mcp.ts'
import { CLIENTS, errorIn, type McpClient } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  let ann: Person
  let agency: OrgAccess
  let client: McpClient
  beforeEach(async () => {
    ann = await aPerson(database.db)
    agency = await joins(database.db, ann, 'developer')
    client = await connected(ann.token)
  })

  async function connected(token: string) {
    const made = await connect(door, token)
    await made.listTools()
    onTestFinished(() => made.close())
    return made
  }
  const ask = async (tool: string, input: Record<string, unknown> = {}, by = client) =>
    resultIn(await by.call(tool, input))
  const activeOf = async (by = client) => (await ask('whoami', {}, by)).active_org

  test('after a switch of the active org the tools act in the new org', async () => {
    await ask('create_project', { name: 'Home' })

    const switched = await ask('set_active_org', { org: agency.slug })

    expect(switched).toEqual({
      org: agency.slug,
      name: 'Acme',
      role: 'developer',
      changed: true,
      previous_org: ann.org.slug,
    })
    expect(await ask('list_projects')).toEqual({ org: agency.slug, items: [] })
    expect(await activeOf()).toMatchObject({ slug: agency.slug, role: 'developer' })
    expect(await ask('list_projects', { org: ann.org.id })).toMatchObject({ items: [{ slug: 'home' }] })
  })

  test('a detailed list of projects shows for how many days each holds back new versions', async () => {
    await ask('create_project', { name: 'Home', org: ann.org.id })
    await database.db.updateTable('projects').set({ cooldown_days: 7 }).where('slug', '=', 'home').execute()

    const [concise, detailed] = [
      await ask('list_projects', { org: ann.org.id }),
      await ask('list_projects', { org: ann.org.id, response_format: 'detailed' }),
    ]

    expect(detailed).toMatchObject({ items: [{ slug: 'home', cooldown_days: 7 }] })
    expect(JSON.stringify(concise)).not.toContain('cooldown')
  })

  test('a switch of the active org does not change the tool list', async () => {
    const before = await client.listTools()

    await ask('set_active_org', { org: agency.id })

    expect(await client.listTools()).toEqual(before)
  })

  test('a switch of the active org does not change other connections of the person', async () => {
    const { token } = await aConnection(database.db, { customer: ann.customer, activeOrg: ann.org.id })
    const other = await connected(token)

    await ask('set_active_org', { org: agency.slug })

    expect(await activeOf(other)).toMatchObject({ slug: ann.org.slug })
  })

  test('the audit log of both orgs records a switch, but not a switch to the same org', async () => {
    await ask('set_active_org', { org: agency.slug })
    const again = await ask('set_active_org', { org: agency.slug })

    expect(again).toEqual({ org: agency.slug, name: 'Acme', role: 'developer', changed: false })
    for (const org of [ann.org, agency]) {
      expect(await auditOf(database.db, org.id)).toMatchObject([
        {
          action: 'set_active_org',
          outcome: 'done',
          customer: ann.customer,
          client: CLIENT_ID,
          org: org.id,
          object: ann.connection,
          detail: { from: ann.org.id, to: agency.id },
        },
      ])
      expect(await verifyChain(database.db, `org:${org.id}`)).toEqual({ intact: true, events: 1 })
    }
  })

  test('a switch to an org where the person is not or no longer a member is refused', async () => {
    const otherOrg = await anOrg(database.db)
    await database.db.deleteFrom('org_members').where('org_id', '=', agency.id).execute()

    for (const org of [otherOrg.slug, otherOrg.id, agency.slug, 'no-such-org'])
      expect(errorIn(await client.call('set_active_org', { org }))).toMatchObject({
        code: 'org_not_found',
        field: 'org',
      })
    expect(await activeOf()).toMatchObject({ slug: ann.org.slug })
    expect(await auditOf(database.db, otherOrg.id)).toEqual([])
  })

  test('a client whose active org is lost can switch to another org', async () => {
    await database.db.deleteFrom('org_members').where('org_id', '=', ann.org.id).execute()
    expect(errorIn(await client.call('list_projects'))).toMatchObject({
      code: 'active_org_lost',
      next_step: expect.stringContaining('set_active_org'),
    })

    const switched = await ask('set_active_org', { org: agency.slug })

    expect(switched).not.toHaveProperty('previous_org')
    expect(await ask('list_projects')).toMatchObject({ org: agency.slug })
  })

  test('two connections can switch orgs many times at once', async () => {
    const { token } = await aConnection(database.db, { customer: ann.customer, activeOrg: agency.id })
    const other = await connected(token)
    const orgs = [ann.org.slug, agency.slug]

    const switches = [...orgs, ...orgs].flatMap((org) => [
      ask('set_active_org', { org }),
      ask('set_active_org', { org }, other),
    ])

    await expect(Promise.all(switches)).resolves.toHaveLength(8)
    expect(orgs).toContain(((await activeOf()) as { slug: string }).slug)
  })
})
