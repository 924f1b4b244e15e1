import { z } from 'zod'
import { openOrg } from '#domain/team'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'action',
  name: 'create_org',
  title: 'Create an org',
  description: `
    Creates an org that the user owns. The active org stays: pass the new slug as org, or call set_active_org. A slug
    never changes; default: made from the name. Next: invite_member.`,
  scope: ['read', 'team'],
  permission: 'any',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  input: z.strictObject({
    name: z.string().min(1).max(100),
    slug: z.string().max(40).optional().describe('a-z, 0-9 and dashes'),
  }),
  output: z.looseObject({ org: z.string(), id: z.string(), role: z.string() }),

  async run({ name, slug }, { db, caller, at }) {
    const org = await openOrg(db, { caller, name, slug, at })
    return { org: org.slug, id: org.id, role: org.role }
  },
})
