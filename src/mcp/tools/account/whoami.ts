import { z } from 'zod'
import { describeConnection } from '#domain/connections'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'read',
  name: 'whoami',
  title: 'Who am I',
  description: 'Tells whose account and which connection this is, its scopes and its active org.',
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({
    customer: z.looseObject({ id: z.string(), name: z.string(), email: z.string() }),
    connection: z.looseObject({
      id: z.string(),
      client: z.string(),
      scopes: z.array(z.string()),
      since: z.string(),
    }),
    active_org: z.looseObject({ slug: z.string(), name: z.string(), role: z.string() }).optional(),
  }),

  async run(_, { db, caller, activeOrg }) {
    const { id, clientName, createdAt, customer } = await describeConnection(db, caller.connection)
    return {
      customer: { id: customer.id, name: foreignName(customer.displayName), email: customer.email },
      connection: {
        id,
        client: foreignName(clientName),
        scopes: [...caller.scopes],
        since: createdAt.toISOString(),
      },
      ...(activeOrg && {
        active_org: { slug: activeOrg.slug, name: foreignName(activeOrg.name), role: activeOrg.role },
      }),
    }
  },
})
