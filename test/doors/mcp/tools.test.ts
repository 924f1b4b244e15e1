import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { hashOfPrivateKey } from '#domain/projects'
import { setKillSwitch } from '#domain/spending'
import { resultIn } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, joins, type McpDoor, older, type Person, send } from '../../support/mcp.ts'
import { CLIENTS, type McpClient } from '../../support/mcp-clients.ts'

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

interface ProjectSetUp {
  project: string
  slug: string
  auth_json?: { 'http-basic': Record<string, { username: string; password: string }> }
  [more: string]: unknown
}

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  let ann: Person
  let client: McpClient
  beforeEach(async () => {
    ann = await aPerson(database.db)
    client = await connect(door, ann.token)
    // lists the tools, so that the client checks every result against its schema
    await client.listTools()
    onTestFinished(() => client.close())
  })

  async function ask<T = Record<string, unknown>>(name: string, input?: object): Promise<T> {
    return resultIn(await client.call(name, { ...input })) as T
  }

  test('the tool list begins with the composite tools', async () => {
    const { tools } = await client.listTools()

    expect(tools.slice(0, 4).map(({ name }) => name)).toEqual([
      'get_my_dashboard',
      'set_active_org',
      'purchase_and_install_package',
      'setup_project',
    ])
  })

  test('whoami returns the person, the connection and the active org', async () => {
    expect(await ask('whoami')).toEqual({
      customer: { id: ann.customer, name: 'Ann', email: ann.email },
      connection: {
        id: ann.connection,
        client: 'A client',
        scopes: ['read', 'projects', 'buy', 'publish', 'team'],
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      },
      active_org: { slug: ann.org.slug, name: 'Acme', role: 'owner' },
    })
  })

  test('get_my_dashboard says that the org has stopped its assistants, and shows no limits without the scope buy', async () => {
    const { db } = database
    const stop = (on: boolean) => setKillSwitch(db, { org: ann.org.id, by: ann.customer, on, at: new Date() })
    await stop(true)
    const { spending } = await ask('get_my_dashboard')
    await stop(false)

    expect(spending).toMatchObject({ stopped: true })
    const reader = await aPerson(db, { scopes: ['read'] })
    const answer = await send(door, {
      token: reader.token,
      ...older('tools/call', { name: 'get_my_dashboard', arguments: {} }),
    })
    expect(answer.rpc().result?.structuredContent).not.toHaveProperty('spending')
  })

  test('get_my_dashboard and list_orgs show every org of the person with its role', async () => {
    const other = await joins(database.db, ann, 'viewer')
    await ask('setup_project', { name: 'Shop' })

    const shared = { name: 'Acme', licences: 0 }
    expect(await ask('get_my_dashboard')).toEqual({
      name: 'Ann',
      active_org: ann.org.slug,
      orgs: [
        { ...shared, slug: ann.org.slug, role: 'owner', active: true, projects: 1, orders: 0 },
        { ...shared, slug: other.slug, role: 'viewer', active: false, projects: 0 },
      ],
      open_operations: { running: 0, waiting_for_you: 0 },
      spending: {
        limits: [
          {
            per_purchase: '99,999,999.00 EUR',
            left_today: '99,999,999.00 EUR',
            left_this_month: '99,999,999.00 EUR',
          },
        ],
      },
      missing_scopes: [],
    })
    expect(await ask('list_orgs')).toEqual({
      items: [
        { slug: ann.org.slug, name: 'Acme', role: 'owner', active: true },
        { slug: other.slug, name: 'Acme', role: 'viewer', active: false },
      ],
    })
  })

  test('one idempotency key sets up one project, and a repeated call returns the same keys', async () => {
    const input = { name: 'Web Shop', production_domain: 'shop.example', idempotency_key: 'set-up-0001' }

    const first = await ask<ProjectSetUp>('setup_project', input)
    const again = await ask<ProjectSetUp>('setup_project', input)

    const keys = first.auth_json?.['http-basic']['127.0.0.1:3000']
    expect(first).toEqual({
      org: ann.org.slug,
      project: expect.stringMatching(/^prj_/),
      slug: 'web-shop',
      auth_json: { 'http-basic': { '127.0.0.1:3000': keys } },
      repository: { type: 'composer', url: `http://127.0.0.1:3000/r/${first.project}/` },
      composer_commands: [
        'composer config secure-http false',
        `composer config repositories.packagento composer http://127.0.0.1:3000/r/${first.project}/`,
      ],
    })
    expect(again).toEqual({ ...first, replayed: true })
    const token = await database.db
      .selectFrom('project_tokens')
      .select(['project_id', 'private_key_hash', 'label'])
      .where('public_key', '=', keys?.username ?? '')
      .executeTakeFirstOrThrow()
    expect(token).toMatchObject({ project_id: first.project, label: 'A client' })
    expect(token.private_key_hash.equals(hashOfPrivateKey(keys?.password ?? ''))).toBe(true)
  })

  test('get_install_snippet and list_projects contain no secret', async () => {
    const { project, auth_json } = await ask<ProjectSetUp>('setup_project', { name: 'Web Shop' })
    const keys = auth_json?.['http-basic']['127.0.0.1:3000']

    const snippet = await ask('get_install_snippet', { project: 'web-shop' })
    const listed = await ask('list_projects')

    expect(snippet).toMatchObject({
      org: ann.org.slug,
      project,
      packages: [],
      tokens: [{ label: 'A client', public_key: keys?.username }],
    })
    expect(await ask('get_install_snippet', { project })).toEqual(snippet)
    expect(JSON.stringify(snippet)).not.toContain(keys?.password)
    expect(listed).toEqual({
      org: ann.org.slug,
      items: [{ id: project, slug: 'web-shop', name: 'Web Shop', edition: 'open-source' }],
    })
  })

  test('a call that names an org acts only in that org', async () => {
    const other = await joins(database.db, ann, 'developer')

    await ask('setup_project', { name: 'Web Shop', org: other.id })

    expect(await ask('list_projects')).toMatchObject({ org: ann.org.slug, items: [] })
    expect(await ask('list_projects', { org: other.slug })).toMatchObject({
      org: other.slug,
      items: [{ slug: 'web-shop' }],
    })
  })

  test('list_operations and get_operation show the operation of a call', async () => {
    const { project, auth_json } = await ask<ProjectSetUp>('setup_project', { name: 'Web Shop' })

    const { items } = await ask<{ items: Record<string, string>[] }>('list_operations', {
      status: 'completed',
    })
    const operation = await ask('get_operation', { operation_id: items[0]?.operation_id })

    expect(items).toEqual([
      {
        operation_id: expect.stringMatching(/^op_/),
        story: 'setup_project',
        status: 'completed',
        about: ['Web Shop'],
      },
    ])
    expect(operation).toMatchObject({
      operation_id: items[0]?.operation_id,
      story: 'setup_project',
      org: ann.org.slug,
      status: 'completed',
      result: { project, auth_json },
    })
    expect(await ask('list_operations', { status: 'running' })).toEqual({ org: ann.org.slug, items: [] })
  })

  test('list_projects and list_operations return a second page with the cursor', async () => {
    for (const name of ['One', 'Two', 'Three']) await ask('setup_project', { name })

    const first = await ask<{ items: { slug: string }[]; next_cursor: string }>('list_projects', { limit: 2 })
    const rest = await ask('list_projects', { limit: 2, cursor: first.next_cursor })

    expect(first.items.map(({ slug }) => slug)).toEqual(['one', 'three'])
    expect(rest).toMatchObject({ items: [{ slug: 'two' }] })
    expect(rest).not.toHaveProperty('next_cursor')
    const operations = await ask<{ items: unknown[]; next_cursor: string }>('list_operations', { limit: 2 })
    expect(await ask('list_operations', { cursor: operations.next_cursor })).toMatchObject({
      items: [{ story: 'setup_project' }],
    })
    expect(await ask('list_licences')).toEqual({ org: ann.org.slug, items: [] })
  })
})
