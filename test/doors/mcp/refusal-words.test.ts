import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let client: McpClient
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
  const { token } = await aPerson(database.db)
  client = await aModernClient(door, token)
})
afterAll(async () => {
  await client.close()
  await door.close()
  await database.close()
})

const refused = async (tool: string, input: object) => errorIn(await client.call(tool, { ...input }))
const PURCHASE = { packages: ['x/y'], idempotency_key: 'key-00000001', dry_run: true }

describe('a refusal', () => {
  test('a refusal names the parameter as the called tool names it', async () => {
    const buying = await refused('purchase_and_install_package', {
      ...PURCHASE,
      new_project: { name: 'Shop' },
    })

    expect(buying).toMatchObject({ code: 'package_not_found', field: 'packages' })
    expect(await refused('get_package', { package: 'x/y' })).toMatchObject({
      code: 'package_not_found',
      field: 'package',
    })
  })

  test('the refusal of a name that is taken says where its project goes instead', async () => {
    await client.call('setup_project', { name: 'Twice' })

    for (const tool of ['setup_project', 'create_project'])
      expect(await refused(tool, { name: 'twice!' })).toMatchObject({
        code: 'project_name_taken',
        field: 'name',
        next_step: expect.stringMatching(
          /^Pass project: twice to create_project_token or a purchase\. .* force_another: true/,
        ),
      })
    const forced = await client.call('create_project', { name: 'Twice', force_another: true })
    expect(forced.structuredContent).toMatchObject({ slug: 'twice-2' })
  })

  test('a refusal suggests new_project only when the called tool takes it', async () => {
    const buying = await refused('purchase_and_install_package', { ...PURCHASE, project: 'nope' })

    expect(buying.next_step).toBe('Call list_projects, or give new_project.')
    for (const tool of ['get_install_snippet', 'create_project_token'])
      expect((await refused(tool, { project: 'nope' })).next_step).toBe('Call list_projects.')
  })
})
