import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Db } from '#platform/database'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'
import type { OrgRole } from '../../../src/platform/tables.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let db: Db
beforeAll(async () => {
  database = await aDatabase()
  db = database.db
  door = await aMcpDoor({ db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

/** What a person sees of a project in this role; the person created it as an owner. */
async function seenBy(role: OrgRole) {
  const ann = await aPerson(db)
  const client = await aModernClient(door, ann.token)
  onTestFinished(() => client.close())
  await client.listTools()
  await client.call('setup_project', { name: 'Shop' })
  await db.updateTable('org_members').set({ role }).where('customer_id', '=', ann.customer).execute()
  const snippet = await client.call('get_install_snippet', { project: 'shop' })
  const dashboard = await client.call('get_my_dashboard')
  const { orgs } = dashboard.structuredContent as { orgs: [object] }
  return { snippet: snippet.structuredContent, org: orgs[0] }
}

test.for([
  ['owner', { tokens: true, orders: true }],
  ['admin', { tokens: true, orders: true }],
  ['developer', { tokens: true, orders: true }],
  ['billing', { tokens: false, orders: true }],
  ['viewer', { tokens: false, orders: false }],
] as const)('the role %s sees in a snippet and on the dashboard: %j', async ([role, { tokens, orders }]) => {
  const { snippet, org } = await seenBy(role)

  expect(snippet).toMatchObject({ packages: [], repository: { type: 'composer' } })
  expect('tokens' in (snippet ?? {})).toBe(tokens)
  expect(JSON.stringify(snippet).includes('ppk_')).toBe(tokens)
  expect(org).toMatchObject({ role, projects: 1, licences: 0 })
  expect('orders' in org).toBe(orders)
})
