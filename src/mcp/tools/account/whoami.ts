import { z } from 'zod'
import { roleIn } from '#domain/orgs'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'read',
  name: 'whoami',
  title: 'Who am I',
  description: `
    Shows whose account and which connection this is, its scopes, and its active org.`,
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

  async run(_, { caller, connectedAt, person, activeOrg }) {
    return {
      customer: { id: caller.customer, name: foreignName(person.displayName), email: person.email },
      connection: {
        id: caller.connection,
        client: foreignName(caller.clientName ?? ''),
        scopes: [...caller.scopes],
        since: connectedAt.toISOString(),
      },
      ...(activeOrg && {
        active_org: { slug: activeOrg.slug, name: foreignName(activeOrg.name), role: roleIn(activeOrg) },
      }),
    }
  },
})
