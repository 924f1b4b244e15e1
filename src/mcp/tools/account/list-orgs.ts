import { z } from 'zod'
import { orgsOf } from '#domain/orgs'
import { defineTool } from '../../tool.ts'

export default defineTool({
  name: 'list_orgs',
  title: 'List orgs',
  description:
    'Lists the orgs you belong to with your role in each. Pass a slug as org to act there, or call set_active_org.',
  scope: 'read',
  deed: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({}),
  output: z.looseObject({
    items: z.array(
      z.looseObject({
        id: z.string(),
        slug: z.string(),
        name: z.string(),
        role: z.string(),
        active: z.boolean(),
      }),
    ),
  }),

  async run(_, { db, caller, activeOrg }) {
    const orgs = await orgsOf(db, caller.customer)
    return {
      items: orgs.map(({ id, slug, name, role }) => ({ id, slug, name, role, active: id === activeOrg?.id })),
    }
  },
})
