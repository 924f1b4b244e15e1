import { z } from 'zod'
import { listPendingInvites } from '#domain/team'
import type { InviteId } from '#kernel/ids'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const inviteRow = z.looseObject({
  id: z.string(),
  email: z.string(),
  role: z.string(),
  expires_at: z.string(),
  invited_by: detail(z.string()),
  invited_at: detail(z.string()),
})

export default defineTool({
  kind: 'read',
  name: 'list_pending_invites',
  title: 'List pending invites',
  description: `
    Lists the invites to an org that were neither used nor revoked and have not expired, newest first: address, role,
    until when. The link of an invite is never shown.`,
  scope: 'read',
  permission: 'manage_members',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, ...page }),
  output: orgListOf(inviteRow),

  async run(args, { db, org, cursors, at }) {
    const listed = await pageOf(
      { cursors },
      {
        row: inviteRow,
        place: { tool: 'list_pending_invites', owner: org.id },
        page: args,
        read: ({ limit, after }) =>
          listPendingInvites(db, { org: org.id, limit, after: after as InviteId | undefined, at }),
        keyOf: ({ id }) => id,
        show: ({ id, email, role, invitedBy, createdAt, expiresAt }) => ({
          id,
          email,
          role,
          expires_at: expiresAt.toISOString(),
          invited_by: foreignName(invitedBy),
          invited_at: createdAt.toISOString(),
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
