import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { defineTool } from '../../../src/mcp/call/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, modern, older, type Person, send } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db })
  ann = await aPerson(database.db)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const sendAsAnn = (what: object, at = door) => send(at, { ...what, token: ann.token })

/** A read tool that returns this result. */
const aReadTool = (result: () => object) =>
  defineTool({
    kind: 'read',
    name: 'read_it',
    title: 'Read it',
    description: 'Reads it.',
    scope: 'read',
    permission: 'any',
    hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
    input: z.strictObject({}),
    output: z.looseObject({ count: z.int() }),
    run: async () => result() as { count: number },
  })

describe('response headers for proxies and caches', () => {
  test('a list may be cached for a minute, only for this caller', async () => {
    for (const method of ['tools/list', 'server/discover']) {
      const { status, rpc } = await sendAsAnn(modern(method))
      expect([method, status]).toEqual([method, 200])
      expect(rpc().result).toMatchObject({ ttlMs: 60_000, cacheScope: 'private' })
    }
  })

  test('a streamed response tells proxies not to buffer it', async () => {
    const { headers, status } = await sendAsAnn(older('tools/call', { name: 'whoami', arguments: {} }))

    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    expect(headers).toMatchObject({ 'x-accel-buffering': 'no', 'x-request-id': expect.any(String) })
    expect(headers).not.toHaveProperty('content-encoding')
  })

  test('responses are never compressed', async () => {
    const call = modern('tools/list')
    const headers = { ...call.headers, 'accept-encoding': 'gzip, br' }

    expect((await sendAsAnn({ ...call, headers })).headers).not.toHaveProperty('content-encoding')
  })
})

describe('several messages in one request', () => {
  const two = [1, 2].map((id) => ({ ...(older('tools/call', { name: 'whoami' }).body as object), id }))

  test('a batch of a client with an older protocol gets all its responses', async () => {
    const { status, text } = await sendAsAnn({ body: two })

    expect(status).toBe(200)
    expect([...text.matchAll(/^data: /gm)]).toHaveLength(2)
  })

  test('a batch cannot call a tool that is not listed for the connection', async () => {
    const { token } = await aPerson(database.db, { scopes: ['read'] })
    const [read] = two
    const create = older('tools/call', { name: 'create_project', arguments: { name: 'Never' } })
      .body as object

    await send(door, { token, body: [read, { ...create, id: 2 }] })

    expect(await database.db.selectFrom('projects').select('id').execute()).toEqual([])
  })

  test('a batch is refused in protocol 2026-07-28, and when it has more than a hundred messages', async () => {
    const now = modern('tools/call', { name: 'whoami' })
    const many = Array.from({ length: 101 }, (_, id) => ({ ...two[0], id }))

    for (const refused of [{ ...now, body: [now.body] }, { body: many }]) {
      const { status, rpc } = await sendAsAnn(refused)
      expect([status, rpc().error?.code]).toEqual([400, -32600])
    }
  })
})

describe.for(CLIENTS)('a client of %s with an old tool list', ([, connect]) => {
  test('a client with an old tool list accepts new output fields', async () => {
    let result: object = { count: 1 }
    const changing = await aMcpDoor({ db: database.db, tools: [...tools, aReadTool(() => result)] })
    const client = await connect(changing, ann.token)
    onTestFinished(async () => {
      await client.close()
      await changing.close()
    })
    await client.listTools()

    result = { count: 2, added: { later: true } }

    expect((await client.call('read_it')).structuredContent).toEqual(result)
  })
})

test('the next call of a person who was removed from the active org is refused', async () => {
  const bob = await aPerson(database.db)
  const call = () => send(door, { token: bob.token, ...older('tools/call', { name: 'list_projects' }) })
  const responseText = async () => (await call()).text
  expect(await responseText()).toContain(bob.org.slug)

  await database.db.deleteFrom('org_members').where('customer_id', '=', bob.customer).execute()

  expect(await responseText()).toContain('active_org_lost')
})

describe('deeply nested JSON', () => {
  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const call = (levels: number) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{"x":${nested(levels)}}}}`

  test.for([62, 60_000])('JSON with arguments of %i levels gets 400 and -32700', async (levels) => {
    const answer = await sendAsAnn({ body: call(levels) })

    expect(answer.status).toBe(400)
    expect(answer.rpc().error).toEqual({
      code: -32700,
      message: 'The JSON is nested more than 64 levels deep.',
    })
  })

  test('JSON of 64 levels reaches the tool', async () => {
    const { rpc } = await sendAsAnn({ body: call(61) })

    expect(JSON.stringify(rpc().result)).toContain('invalid_input')
  })
})
