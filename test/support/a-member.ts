import { onTestFinished, expect } from 'vitest'
import type { Scope } from '#domain/orgs'
import type { ConnectionId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Market } from './demo-market.ts'
import { aConnection, type McpDoor } from './mcp.ts'
import { type Called, errorIn, type McpClient } from './mcp-clients.ts'

export interface MemberWanted {
  /** Default: `buyer`, owner of `acme-retail` and viewer of `globex`. */
  name?: string
  /** Slug of the active org. */
  org?: string
  scopes?: readonly Scope[]
}

/** A person of the market with a client, for one test. */
export interface Member {
  client: McpClient
  connection: ConnectionId
  token: string
  /** Calls a tool and returns its result; fails the test when the tool refuses. */
  ask: <T = Record<string, unknown>>(tool: string, input?: object) => Promise<T>
  /** Calls a tool and returns its refusal; fails the test when the tool does not refuse. */
  refused: (tool: string, input?: object) => Promise<Record<string, unknown>>
}

export async function aMember(
  { door, market }: { door: McpDoor; market: Market },
  connect: (door: McpDoor, token: string) => Promise<McpClient>,
  { name = 'buyer', org = 'acme-retail', scopes }: MemberWanted = {},
): Promise<Member> {
  const of = { customer: market.person(name), activeOrg: market.org(org), ...(scopes && { scopes }) }
  const { connection, token } = await aConnection(market.db, of)
  const client = await connect(door, token)
  // lists the tools, so that the client checks every result against its schema
  await client.listTools()
  onTestFinished(() => client.close())
  return {
    client,
    connection,
    token,
    ask: async <T>(tool: string, input: object = {}) => resultIn(await client.call(tool, { ...input })) as T,
    refused: async (tool, input = {}) => errorIn(await client.call(tool, { ...input })),
  }
}

/** The result; fails the test unless text and structured content are the same. */
export function resultIn({ content, structuredContent, isError }: Called): Record<string, unknown> {
  expect(isError, content[0]?.text).not.toBe(true)
  expect(content).toHaveLength(1)
  expect(JSON.parse(content[0]?.text ?? '')).toEqual(structuredContent)
  expect(content[0]?.text).not.toContain('null')
  return structuredContent ?? {}
}

/** The events of an org's audit chain, oldest first. */
export async function auditOf(db: Db, org: string): Promise<Record<string, unknown>[]> {
  const events = await db
    .selectFrom('audit_events')
    .select('body')
    .where('chain', '=', `org:${org}`)
    .orderBy('seq')
    .execute()
  return events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
}
