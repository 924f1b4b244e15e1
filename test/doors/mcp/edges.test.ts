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

const sent = (what: object, at = door) => send(at, { ...what, token: ann.token })

/** A read of ours that answers what it is told to; notices of progress make its answer a stream. */
const reading = (answer: () => object) =>
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
    run: async () => answer() as { count: number },
  })

describe('what may stand between us and a client', () => {
  test('may keep a list for a minute, for this caller only', async () => {
    for (const method of ['tools/list', 'server/discover']) {
      const { status, rpc } = await sent(modern(method))
      expect([method, status]).toEqual([method, 200])
      expect(rpc().result).toMatchObject({ ttlMs: 60_000, cacheScope: 'private' })
    }
  })

  test('is told not to hold back a stream', async () => {
    const { headers, status } = await sent(older('tools/call', { name: 'whoami', arguments: {} }))

    expect(status).toBe(200)
    expect(headers['content-type']).toMatch(/^text\/event-stream/)
    expect(headers).toMatchObject({ 'x-accel-buffering': 'no', 'x-request-id': expect.any(String) })
    expect(headers).not.toHaveProperty('content-encoding')
  })

  test('never compresses', async () => {
    const call = modern('tools/list')
    const headers = { ...call.headers, 'accept-encoding': 'gzip, br' }

    expect((await sent({ ...call, headers })).headers).not.toHaveProperty('content-encoding')
  })
})

describe('several messages in one request', () => {
  const two = [1, 2].map((id) => ({ ...(older('tools/call', { name: 'whoami' }).body as object), id }))

  test('are answered to clients of older protocols', async () => {
    const { status, text } = await sent({ body: two })

    expect(status).toBe(200)
    expect([...text.matchAll(/^data: /gm)]).toHaveLength(2)
  })

  test('find no tool that is not listed', async () => {
    const { token } = await aPerson(database.db, { scopes: ['read'] })
    const [read] = two
    const create = older('tools/call', { name: 'create_project', arguments: { name: 'Never' } })
      .body as object

    await send(door, { token, body: [read, { ...create, id: 2 }] })

    expect(await database.db.selectFrom('projects').select('id').execute()).toEqual([])
  })

  test('are refused to clients of 2026-07-28, and beyond a hundred', async () => {
    const now = modern('tools/call', { name: 'whoami' })
    const many = Array.from({ length: 101 }, (_, id) => ({ ...two[0], id }))

    for (const refused of [{ ...now, body: [now.body] }, { body: many }]) {
      const { status, rpc } = await sent(refused)
      expect([status, rpc().error?.code]).toEqual([400, -32600])
    }
  })
})

describe.for(CLIENTS)('a client of %s that keeps a list', ([, connect]) => {
  test('accepts what a tool answers since then', async () => {
    let answer: object = { count: 1 }
    const changing = await aMcpDoor({ db: database.db, tools: [...tools, reading(() => answer)] })
    const client = await connect(changing, ann.token)
    onTestFinished(async () => {
      await client.close()
      await changing.close()
    })
    await client.listTools()

    answer = { count: 2, added: { later: true } }

    expect((await client.call('read_it')).structuredContent).toEqual(answer)
  })
})

test('who is removed from an org is refused by the very next call, and finds the others', async () => {
  const bob = await aPerson(database.db)
  const call = () => send(door, { token: bob.token, ...older('tools/call', { name: 'list_projects' }) })
  const told = async () => (await call()).text
  expect(await told()).toContain(bob.org.slug)

  await database.db.deleteFrom('org_members').where('customer_id', '=', bob.customer).execute()

  expect(await told()).toContain('active_org_lost')
})
