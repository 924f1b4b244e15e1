import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scope } from '#domain/orgs'
import { scopesOf, type Tool } from '../../../src/mcp/call/tool.ts'
import { TOOLSETS } from '../../../src/mcp/call/toolset.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import {
  aMcpDoor,
  aPerson,
  type McpDoor,
  modern,
  noLimits,
  older,
  PUBLIC_URL,
  send,
} from '../../support/mcp.ts'
import { CLIENTS, errorIn } from '../../support/mcp-clients.ts'
import { inputFor } from '../../support/tool-inputs.ts'

const PATHS = [
  '/mcp',
  '/mcp/readonly',
  '/mcp/x/projects',
  '/mcp/x/buy',
  '/mcp/x/publish',
  '/mcp/x/team',
] as const
const ROLES = ['owner', 'admin', 'developer', 'billing', 'viewer'] as const

/** The tools of a path, computed in another way than in the code. */
const EXPECTED: Record<(typeof PATHS)[number], (tool: Tool) => boolean> = {
  '/mcp': () => true,
  '/mcp/readonly': ({ name }) => /^(get|list|quote|resolve|whoami)/.test(name),
  '/mcp/x/projects': (tool) => !needs(tool, 'buy', 'publish', 'team'),
  '/mcp/x/buy': (tool) => needs(tool, 'buy') || !needs(tool, 'projects', 'publish', 'team'),
  '/mcp/x/publish': (tool) => !needs(tool, 'projects', 'buy', 'team'),
  '/mcp/x/team': (tool) => !needs(tool, 'projects', 'buy', 'publish'),
}
const needs = (tool: Tool, ...scopes: Scope[]) => scopes.some((scope) => scopesOf(tool).includes(scope))
const named = (some: readonly Pick<Tool, 'name'>[]) => some.map(({ name }) => name)

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db, limits: noLimits() })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const at = (path: string) => ({ ...door, url: new URL(path, door.url) })

test('the endpoint has exactly these paths', () => {
  expect(TOOLSETS.map(({ path }) => path)).toEqual(PATHS)
})

describe.for(PATHS)('%s', (path) => {
  test.for(CLIENTS)(`a client of %s sees at ${path} the tools of the path`, async ([, connect]) => {
    const ann = await aPerson(database.db)
    const client = await connect(at(path), ann.token)

    const { tools: listed } = await client.listTools()

    expect(listed.map(({ name }) => name)).toEqual(named(tools.filter(EXPECTED[path])))
    const answer = await client.call('whoami')
    expect(answer.structuredContent).toMatchObject({ customer: { id: ann.customer } })
    await client.close()
  })
})

describe.for(ROLES)('the role %s', (role) => {
  test(`at each path the role ${role} sees no tool that it does not see at /mcp`, async () => {
    const { token } = await aPerson(database.db, { role })
    const listedAt = async (path: string) => {
      const { result } = (await send(at(path), { token, ...modern('tools/list') })).rpc()
      return named(result?.['tools'] as Pick<Tool, 'name'>[])
    }
    const whole = await listedAt('/mcp')

    expect(whole.length).toBeGreaterThan(20)
    for (const path of PATHS.slice(1)) {
      const expected = named(tools.filter(EXPECTED[path]))
      expect(await listedAt(path), path).toEqual(whole.filter((name) => expected.includes(name)))
    }
  })
})

describe.for(PATHS.slice(1))('a tool that %s leaves out', (path) => {
  const leftOut = tools.filter((tool) => !EXPECTED[path](tool))

  test.for(CLIENTS)(`a client of %s is refused every tool that ${path} leaves out`, async ([, connect]) => {
    const { token, org, connection } = await aPerson(database.db)
    const client = await connect(at(path), token)

    for (const { name } of leftOut)
      expect(errorIn(await client.call(name, inputFor(name))), name).toEqual({
        code: 'tool_not_served_here',
        message: `The path ${path} does not serve ${name}.`,
        next_step:
          'Tell the user: this connection was added with a path that leaves tools out; /mcp serves all.',
        retryable: false,
      })

    expect(leftOut.length).toBeGreaterThan(5)
    const rows = await database.db
      .selectFrom('operations')
      .select('id')
      .where('org_id', '=', org.id)
      .execute()
    expect(rows).toEqual([])
    const events = await database.db.selectFrom('audit_events').select('body').execute()
    expect(
      events.filter(({ body }) => body.includes(connection) && body.includes('tool_not_served_here')),
    ).toHaveLength(leftOut.length)
    await client.close()
  })

  test(`${path} refuses a tool that it leaves out, and does not ask for a scope`, async () => {
    const { token } = await aPerson(database.db, { scopes: ['read'] })
    const [{ name } = { name: '' }] = leftOut

    const { status, rpc } = await send(at(path), { token, ...modern('tools/call', { name, arguments: {} }) })

    expect(status).toBe(200)
    expect(JSON.stringify(rpc().result)).toContain('tool_not_served_here')
  })
})

describe('the token of a path', () => {
  test.for(PATHS)('at %s the challenge names the metadata and the resource of /mcp', async (path) => {
    const { status, headers } = await send(at(path), older('tools/list'))

    expect(status).toBe(401)
    expect(headers['www-authenticate']).toContain(
      `resource_metadata="${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp"`,
    )
  })

  test.for(PATHS.slice(1))('a token for %s alone is refused everywhere', async (path) => {
    const { mint } = await aPerson(database.db)
    const token = await mint({ aud: `${PUBLIC_URL}${path}` })

    for (const each of ['/mcp', path])
      expect((await send(at(each), { token, ...older('tools/list') })).status).toBe(401)
  })

  test('a path below /mcp that is not in the list of paths gets 404', async () => {
    const { token } = await aPerson(database.db)

    expect((await send(at('/mcp/x/read'), { token, ...older('tools/list') })).status).toBe(404)
  })
})

describe('tasks', () => {
  const ask = async (path: string, method: string) => {
    const { token } = await aPerson(database.db)
    const capabilities = { extensions: { 'io.modelcontextprotocol/tasks': {} } }
    const answer = await send(at(path), {
      token,
      ...modern(method, method === 'tasks/cancel' ? { taskId: 'op_1' } : {}, { capabilities }),
    })
    return answer.rpc()
  }

  test('only paths with stories have tasks', async () => {
    const withTasks: string[] = []
    for (const path of PATHS)
      if (JSON.stringify(await ask(path, 'server/discover')).includes('/tasks')) withTasks.push(path)

    expect(withTasks).toEqual(['/mcp', '/mcp/x/buy', '/mcp/x/publish'])
  })

  test('the read-only path cannot cancel a task', async () => {
    expect((await ask('/mcp/readonly', 'tasks/cancel')).error).toMatchObject({ code: -32601 })
    expect((await ask('/mcp', 'tasks/cancel')).error?.code).not.toBe(-32601)
  })
})
