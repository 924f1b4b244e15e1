import { z } from 'zod'
import { guestOrgsOf, orgIdOf, orgsOf } from '#domain/orgs'
import { foreignName } from '../../call/foreign-text.ts'
import { inMemory, listOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const orgRow = z.looseObject({
  id: detail(z.string()),
  slug: z.string(),
  name: z.string(),
  role: z.string(),
  active: z.boolean(),
  guest_of: z
    .array(z.looseObject({ project: z.string(), role: z.string() }))
    .optional()
    .describe('With the role guest: only these projects'),
})

export default defineTool({
  kind: 'read',
  name: 'list_orgs',
  title: 'List orgs',
  description:
    'Lists the orgs you belong to with your role in each, then those that share projects with you. Pass a slug as org to act there, or call set_active_org.',
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject(page),
  output: listOf(orgRow),

  async run(args, { db, caller, activeOrg, cursors }) {
    const active = activeOrg && orgIdOf(activeOrg)
    const members = (await orgsOf(db, caller.customer)).map((org) => ({ ...org, shared: undefined }))
    const guests = (await guestOrgsOf(db, caller.customer)).map((org) => ({
      ...org,
      id: org.guestOf,
      role: 'guest',
    }))
    return pageOf(
      { cursors },
      {
        row: orgRow,
        place: { tool: 'list_orgs', owner: caller.customer },
        page: args,
        ...inMemory([...members, ...guests]),
        show: ({ id, slug, name, role, shared }) => ({
          id,
          slug,
          name: foreignName(name),
          role,
          active: id === active,
          ...(shared && { guest_of: shared.map((each) => ({ project: each.slug, role: each.role })) }),
        }),
      },
    )
  },
})
