import { z } from 'zod'
import { orgsOf } from '#domain/orgs'
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
})

export default defineTool({
  kind: 'read',
  name: 'list_orgs',
  title: 'List orgs',
  description:
    'Lists the orgs you belong to with your role in each. Pass a slug as org to act there, or call set_active_org.',
  scope: 'read',
  permission: 'any',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject(page),
  output: listOf(orgRow),

  async run(args, { db, caller, activeOrg, cursors }) {
    const orgs = await orgsOf(db, caller.customer)
    return pageOf(
      { cursors },
      {
        row: orgRow,
        place: { tool: 'list_orgs', owner: caller.customer },
        page: args,
        ...inMemory(orgs),
        show: ({ id, slug, name, role }) => ({
          id,
          slug,
          name: foreignName(name),
          role,
          active: id === activeOrg?.id,
        }),
      },
    )
  },
})
