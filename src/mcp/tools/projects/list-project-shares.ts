import { z } from 'zod'
import { projectOf } from '#domain/projects'
import { listShares } from '#domain/sharing'
import type { ShareId } from '#kernel/ids'
import { orgArgument, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'
import { guestRole } from './share-ref.ts'

const shareRow = z.looseObject({
  id: z.string(),
  email: z.string(),
  role: guestRole,
  state: z.enum(['pending', 'link_expired', 'active', 'expired']),
  name: z.string().optional().describe('Of the guest'),
  until: z.string().optional().describe('When the access ends'),
  shared_by: detail(z.string()),
  created_at: detail(z.string()),
  link_until: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_project_shares',
  title: 'List project shares',
  description: `
    Lists with whom outside the org a project is shared, newest first, also those who have not answered yet. Next:
    share_project sends a new link or changes the role, revoke_project_share ends one.`,
  scope: 'read',
  permission: 'share_projects',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef, ...page }),
  output: orgListOf(shareRow).extend({ project: z.string() }),

  async run({ project: ref, ...args }, { db, org, cursors, at }) {
    const { id: project } = await projectOf(db, org.id, ref)
    const listed = await pageOf(
      { cursors },
      {
        row: shareRow,
        place: { tool: 'list_project_shares', owner: org.id, filter: { project } },
        page: args,
        read: ({ limit, after }) =>
          listShares(db, { org: org.id, project, limit, after: after as ShareId | undefined, at }),
        keyOf: ({ id }) => id,
        show: ({ id, email, role, state, name, until, sharedBy, createdAt, linkUntil }) => ({
          id,
          email,
          role,
          state,
          ...(name && { name: foreignName(name) }),
          ...(until && { until: until.toISOString() }),
          shared_by: foreignName(sharedBy),
          created_at: createdAt.toISOString(),
          ...(state === 'pending' && { link_until: linkUntil.toISOString() }),
        }),
      },
    )
    return { org: org.slug, project, ...listed }
  },
})
