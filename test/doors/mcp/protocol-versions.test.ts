import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { Tool } from '../../../src/mcp/call/tool.ts'
import { tools } from '../../../src/mcp/tools/index.ts'
import { aMarket } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, type McpDoor, modern, noLimits, send } from '../../support/mcp.ts'
import { CLIENTS, errorIn, MODERN, OLDER } from '../../support/mcp-clients.ts'

const [[first, aFirstClient], [successor, aModernClient]] = CLIENTS
/** Each SDK with each protocol version that it supports. */
const SUPPORTED = [
  ...OLDER.map((version) => [first, version, aFirstClient] as const),
  ...[...OLDER, MODERN].map((version) => [successor, version, aModernClient] as const),
]
/** Read-only tools that work without input. */
const READ_ONLY = tools.filter(({ hints, input }) => hints.readOnly && input.safeParse({}).success)

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
/** An endpoint that returns more fields than it lists, as for a client with the tool list of an earlier release. */
let aReleaseAhead: McpDoor
let token: string
beforeAll(async () => {
  database = await aDatabase('market')
  const { db } = database
  ;[door, aReleaseAhead] = await Promise.all([
    aMcpDoor({ db, limits: noLimits() }),
    aMcpDoor({ db, limits: noLimits(), tools: tools.map(ahead) }),
  ])
  const market = await aMarket(db)
  const who = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  ;({ token } = await aConnection(db, who))
  // quote_cart needs something in the cart
  const buyer = await aModernClient(door, token)
  await buyer.call('add_to_cart', { packages: ['northwind/module-search'] })
  await buyer.close()
})
afterAll(async () => {
  await Promise.all([door.close(), aReleaseAhead.close()])
  await database.close()
})

const ahead = (tool: Tool): Tool =>
  tool.kind === 'read'
    ? {
        ...tool,
        run: async (input, context) => withMore(await tool.run(input, context)) as Record<string, unknown>,
      }
    : tool

/** Adds a field to each object, at any depth. */
function withMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMore)
  if (typeof value !== 'object' || !value) return value
  const fields = Object.entries(value).map(([name, field]) => [name, withMore(field)])
  return { ...Object.fromEntries(fields), added_later: true }
}

describe.for(SUPPORTED)('a client of %s that speaks %s', ([, version, connect]) => {
  async function connected(to = door) {
    const client = await connect(to, token, { version })
    onTestFinished(() => client.close())
    const { tools: listed } = await client.listTools()
    return { ...client, listed: listed.map(({ name }) => name) }
  }

  test('a client gets the protocol version that it asked for, and all tools', async () => {
    const client = await connected()

    expect(client.protocol).toBe(version)
    expect(client.listed).toEqual(tools.map(({ name }) => name))
  })

  test('a client gets each result as text and as structured content', async () => {
    const client = await connected()

    for (const { name } of READ_ONLY) {
      const { content, structuredContent, isError } = await client.call(name)
      expect([name, isError, content.length]).toEqual([name, undefined, 1])
      expect(JSON.parse(content[0]?.text ?? '')).toEqual(structuredContent)
    }
  })

  test('a client gets every field of a refusal', async () => {
    const client = await connected()

    expect(errorIn(await client.call('get_order', { order: 'ord_nothing' }))).toEqual({
      code: 'order_not_found',
      message: expect.stringContaining('order'),
      next_step: 'Call list_orders.',
      retryable: false,
      field: 'order',
    })
  })

  test('a client accepts output fields that are not in the listed schema', async () => {
    const client = await connected(aReleaseAhead)

    for (const { name } of READ_ONLY)
      expect((await client.call(name)).structuredContent).toHaveProperty('added_later', true)
  })
})

test('no listed schema contains an empty additionalProperties', async () => {
  const { rpc } = await send(door, { token, ...modern('tools/list') })

  expect(JSON.stringify(rpc().result)).not.toContain('"additionalProperties":{}')
})
