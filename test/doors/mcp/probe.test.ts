import { afterAll, beforeAll, test } from 'vitest'
import { z } from 'zod'
import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client'
import { aDatabase } from '../../support/database.ts'
import { aFirstClient, aMcpDoor, aModernClient, aPerson } from '../../support/mcp.ts'
import { defineTool } from '../../../src/mcp/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())
const bad = defineTool({
  name: 'bad',
  title: 'b',
  description: 'b',
  scope: 'read',
  deed: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ at: z.date().optional() }),
  output: z.looseObject({}),
  run: async () => {
    throw new Error('postgres://a:secret@x/y')
  },
})

test('p', async () => {
  const ann = await aPerson(database.db)
  const door = await aMcpDoor({ db: database.db })
  const client = new ModernClient(
    { name: 'x', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  )
  await client.connect(
    new ModernTransport(door.url, {
      requestInit: { headers: { authorization: `Bearer ${ann.token}` } },
      fetch: async (u, i) => {
        console.log('>>', i?.method, JSON.stringify(Object.fromEntries(new Headers(i?.headers))), i?.body)
        const a = await fetch(u, i as RequestInit)
        console.log(
          '<<',
          a.status,
          JSON.stringify(Object.fromEntries(a.headers)),
          (await a.clone().text()).slice(0, 800),
        )
        return a
      },
    }),
  )
  await client.listTools()
  console.log(JSON.stringify(await client.callTool({ name: 'whoami' })))
  for (const f of [
    () => client.callTool({ name: 'nope' }),
    () => client.callTool({ name: 'list_orgs', arguments: { x: 1 } }),
    () => client.request({ method: 'nope' } as never, z.object({}) as never),
  ])
    try {
      console.log(JSON.stringify(await f()))
    } catch (e) {
      console.log('threw', e)
    }
  const d2 = await aMcpDoor({ db: database.db, tools: [bad as never, ...tools] })
  for (const C of [aFirstClient, aModernClient]) {
    const c = await C(d2, ann.token)
    try {
      console.log(JSON.stringify(await c.listTools()).slice(0, 300))
    } catch (e) {
      console.log('threw', e)
    }
    try {
      console.log(JSON.stringify(await c.call('bad')).slice(0, 300))
    } catch (e) {
      console.log('threw', e)
    }
  }
  await database.db.schema.alterTable('org_members').renameColumn('joined_at', 'j').execute()
  for (const C of [aFirstClient, aModernClient]) {
    const c = await C(door, ann.token)
    try {
      console.log(JSON.stringify(await c.listTools()).slice(0, 300))
    } catch (e) {
      console.log('threw', e)
    }
    try {
      console.log(JSON.stringify(await c.call('list_orgs')).slice(0, 300))
    } catch (e) {
      console.log('threw', e)
    }
  }
  console.log(d2.logged(), '------------', door.logged())
  const t = performance.now()
  await d2.close()
  await door.close()
  console.log('closed', performance.now() - t)
})
