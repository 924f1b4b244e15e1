import { z } from 'zod'
import { ownConnections } from '#domain/connections'
import type { Scope } from '#domain/orgs'
import type { ConnectionId } from '#kernel/ids'
import { foreignName } from '../../call/foreign-text.ts'
import { listOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const IN_WORDS: Record<Scope, string> = {
  read: 'look at everything except secrets',
  projects: 'manage projects, their keys and activations',
  buy: 'fill the cart and buy',
  publish: 'publish and sell',
  team: 'manage members and invites',
}

const connectionRow = z.looseObject({
  id: z.string(),
  name: z.string().describe('As the application calls itself'),
  host: z.string().describe('Verified, or unverified'),
  org: z.string().optional().describe('Absent when you have left it'),
  this_one: z.literal(true).optional(),
  last_used_at: detail(z.string()),
  may: detail(z.array(z.string())),
  connected_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_connections',
  title: 'List connections',
  description: `
    Lists the applications that are connected to your account, newest first: name, verified host, active org.
    Detailed: last use, what each may do, and since when. Only a person can end one, in the browser.`,
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject(page),
  output: listOf(connectionRow),

  async run(args, { db, caller, cursors }) {
    return pageOf(
      { cursors },
      {
        row: connectionRow,
        place: { tool: 'list_connections', owner: caller.customer },
        page: args,
        read: ({ limit, after }) =>
          ownConnections(db, caller.customer, { limit, after: after as ConnectionId | undefined }),
        keyOf: ({ id }) => id,
        show: ({ id, clientName, clientHost, org, scopes, connectedAt, lastUsedAt }) => ({
          id,
          name: foreignName(clientName),
          host: clientHost ? foreignName(clientHost) : 'unverified',
          ...(org && { org: org.slug }),
          ...(id === caller.connection && { this_one: true as const }),
          ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
          may: scopes.map((scope) => IN_WORDS[scope]),
          connected_at: connectedAt.toISOString(),
        }),
      },
    )
  },
})
