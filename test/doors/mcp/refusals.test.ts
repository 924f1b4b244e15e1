import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { verifyChain } from '#domain/audit'
import { DomainError } from '#kernel/errors'
import { mintId } from '#kernel/ids'
import { defineTool } from '../../../src/mcp/call/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, anOrg, aPerson, CLIENT_ID, type McpDoor, type Person } from '../../support/mcp.ts'
import { CLIENTS, errorIn } from '../../support/mcp-clients.ts'

const DSN = 'postgres://packagento:not-a-real-password@db.example/packagento'

/** A tool that does not work. */
const faulty = (name: string, run: () => Promise<object>) =>
  defineTool({
    kind: 'action',
    name,
    title: name,
    description: name,
    scope: 'read',
    permission: 'any',
    hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
    input: z.strictObject({}),
    output: z.looseObject({ count: z.int() }),
    run: run as () => Promise<{ count: number }>,
  })

const throwsASecret = faulty('leaks', () => Promise.reject(new Error(`connect ECONNREFUSED ${DSN}`)))
const hasAnUnknownCode = faulty('refuses_oddly', () =>
  Promise.reject(new DomainError('conflict', 'made_up', 'It is made up.')),
)
const namesInvisibly = faulty('names_invisibly', () =>
  Promise.reject(
    new DomainError('invalid', 'edition_not_sold', 'A \u202ename\u200b.', {
      params: { sold: ['\u{e0041}it'] },
    }),
  ),
)
const returnsInvalidOutput = faulty('misfits', async () => ({ count: DSN }))

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({
    db: database.db,
    tools: [...tools, throwsASecret, returnsInvalidOutput, hasAnUnknownCode, namesInvisibly],
  })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const auditedIn = async (chain: string) => {
  const events = await database.db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', chain)
    .orderBy('seq')
    .execute()
  return events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
}

const operationsOf = ({ org }: Person) =>
  database.db.selectFrom('operations').select('story').where('org_id', '=', org.id).execute()

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  async function responseTo(person: Person, name: string, input: object = {}) {
    const client = await connect(door, person.token)
    onTestFinished(() => client.close())
    await client.listTools()
    return client.call(name, { ...input })
  }
  const refused = async (...call: Parameters<typeof responseTo>) => errorIn(await responseTo(...call))

  test('an org of other people is refused exactly as an org that does not exist', async () => {
    const ann = await aPerson(database.db)
    const { slug, id } = await anOrg(database.db)
    const absent = mintId('org', new Date(), Math.random)

    const refs = [slug, 'no-such-org', id, absent]
    const errors = await Promise.all(refs.map((org) => refused(ann, 'list_projects', { org })))

    const alike = errors.map((error, i) => JSON.stringify(error).replaceAll(refs[i] ?? '', 'REF'))
    expect(new Set(alike).size).toBe(1)
    expect(errors[0]).toMatchObject({ code: 'org_not_found', field: 'org', next_step: 'Call list_orgs.' })
  })

  test('a call that the role does not allow is refused with the roles that allow it, and is in the audit log', async () => {
    const vi = await aPerson(database.db, { role: 'viewer' })

    const error = await refused(vi, 'setup_project', { name: 'Shop' })

    expect(error).toMatchObject({
      code: 'not_allowed',
      message: `The role viewer in ${vi.org.slug} may not do this (manage projects).`,
      next_step: 'Ask a member with one of these roles to do it: owner, admin, developer.',
      retryable: false,
    })
    expect(await operationsOf(vi)).toEqual([])
    const [event, ...more] = await auditedIn(`org:${vi.org.id}`)
    expect(more).toEqual([])
    expect(event).toMatchObject({
      action: 'setup_project',
      outcome: 'refused',
      code: 'not_allowed',
      customer: vi.customer,
      connection: vi.connection,
      client: CLIENT_ID,
      org: vi.org.id,
      request: expect.any(String),
    })
    expect(await verifyChain(database.db, `org:${vi.org.id}`)).toEqual({ intact: true, events: 1 })
  })

  test.for([
    ['developer', 'This role may prepare a purchase: put the packages into the cart by add_to_cart'],
    ['viewer', undefined],
  ] as const)('a %s who may not buy reads what the role may do instead', async ([role, instead]) => {
    const dev = await aPerson(database.db, { role })
    const input = { packages: ['a/b'], new_project: { name: 'Shop' }, idempotency_key: 'key-00000001' }

    const { next_step } = await refused(dev, 'purchase_and_install_package', input)

    expect(next_step).toContain('Ask a member with one of these roles to do it: owner, admin, billing.')
    expect(String(next_step).includes('add_to_cart')).toBe(instead !== undefined)
    expect(next_step).toContain(instead ?? '')
  })

  test('a client whose active org is lost is told what to do, and its token still works', async () => {
    const ann = await aPerson(database.db)
    await database.db.deleteFrom('org_members').where('customer_id', '=', ann.customer).execute()

    expect(await refused(ann, 'list_projects')).toMatchObject({
      code: 'active_org_lost',
      next_step: 'Call list_orgs, then set_active_org or pass org.',
    })
    const client = await connect(door, ann.token)
    expect((await client.call('list_orgs')).structuredContent).toEqual({ items: [] })
    expect((await client.call('get_my_dashboard')).structuredContent).not.toHaveProperty('active_org')
    await client.close()
  })

  test('an idempotency key cannot be used again with another input', async () => {
    const ann = await aPerson(database.db)
    const client = await connect(door, ann.token)
    const idempotency_key = 'one-action-only'
    await client.call('setup_project', { name: 'Shop', idempotency_key })

    const error = errorIn(await client.call('setup_project', { name: 'Other', idempotency_key }))

    expect(error).toMatchObject({
      code: 'idempotency_key_reused',
      field: 'idempotency_key',
      operation_id: expect.stringMatching(/^op_/),
      retryable: false,
    })
    expect(await operationsOf(ann)).toHaveLength(1)
    await client.close()
  })

  test('a client does not find operations or projects of another person', async () => {
    const ann = await aPerson(database.db)
    const client = await connect(door, ann.token)
    const { structuredContent: shop } = await client.call('setup_project', { name: 'Shop' })
    const { structuredContent: listed } = await client.call('list_operations')
    await client.close()
    const [{ operation_id }] = (listed as { items: [{ operation_id: string }] }).items
    const bob = await aPerson(database.db)

    expect(await refused(bob, 'get_operation', { operation_id })).toMatchObject({
      code: 'operation_not_found',
    })
    expect(await refused(bob, 'get_install_snippet', { project: shop?.project })).toMatchObject({
      code: 'project_not_found',
    })
  })

  test('a cursor is refused when it is changed, in another list, or for another person', async () => {
    const ann = await aPerson(database.db)
    const client = await connect(door, ann.token)
    for (const name of ['One', 'Two']) await client.call('setup_project', { name })
    const { structuredContent } = await client.call('list_projects', { limit: 1 })
    await client.close()
    const cursor = String(structuredContent?.next_cursor)
    const [after, seal = ''] = cursor.split('.')
    const bob = await aPerson(database.db)

    const misused: [Person, string, string][] = [
      [ann, 'list_projects', `${Buffer.from('a').toString('base64url')}.${seal}`],
      [ann, 'list_projects', `${after}.`],
      [ann, 'list_projects', 'x'],
      [ann, 'list_operations', cursor],
      [bob, 'list_projects', cursor],
    ]
    for (const [person, list, given] of misused)
      expect(await refused(person, list, { cursor: given })).toMatchObject({
        code: 'invalid_input',
        field: 'cursor',
        next_step: 'Call again without cursor.',
      })
  })

  test('a refusal contains no invisible characters', async () => {
    expect(await refused(await aPerson(database.db), 'names_invisibly')).toMatchObject({
      message: 'A name.',
      next_step: 'It is sold for: it; for one of these name the edition and pass accept_other_edition.',
    })
  })

  test.for(['leaks', 'misfits', 'refuses_oddly'])(
    'a bug in the tool %s shows a client only the request id, and is logged once',
    async (name) => {
      const ann = await aPerson(database.db)

      const response = await responseTo(ann, name)

      const error = errorIn(response)
      expect(JSON.stringify(response)).not.toMatch(/made|not-a-real-password/)
      expect(error).toEqual({
        code: 'internal_error',
        message: 'Something went wrong on our side.',
        next_step: expect.stringContaining('request_id'),
        retryable: true,
        request_id: expect.any(String),
      })
      const lines = door.logged().split('\n')
      const about = lines.filter(
        (line) => line.includes(`"request":"${String(error.request_id)}"`) && line.includes('"err"'),
      )
      expect(about).toHaveLength(1)
      expect(JSON.parse(about[0] ?? '')).toMatchObject({ msg: 'a tool failed', tool: name })
      expect(door.logged()).not.toContain('not-a-real-password')
      expect(await auditedIn(`customer:${ann.customer}`)).toMatchObject([
        { action: name, outcome: 'failed', code: 'internal_error' },
      ])
    },
  )
})
