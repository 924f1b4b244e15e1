import { z } from 'zod'
import { revokeInvite } from '#domain/team'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { inviteRef } from './team-inputs.ts'

export default defineTool({
  kind: 'action',
  name: 'revoke_invite',
  title: 'Revoke an invite',
  description: 'Ends a pending invite (list_pending_invites): its link works no more.',
  scope: ['read', 'team'],
  permission: 'manage_members',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, invite: inviteRef }),
  output: z.looseObject({ org: z.string(), invite: z.string(), email: z.string(), changed: z.boolean() }),

  async run({ invite }, { db, org, caller, at }) {
    const { id, email, changed } = await revokeInvite(db, { caller, org, invite, at })
    return { org: org.slug, invite: id, email, changed }
  },
})
