import { z } from 'zod'
import { inviteMember } from '#domain/team'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { grantableRole } from './team-inputs.ts'

export default defineTool({
  kind: 'action',
  name: 'invite_member',
  title: 'Invite a member',
  description: `
    Mails an invite to join the org with a role: single use, 7 days, only for this address, which needs no account yet.
    Show the user address and role first. An owner is made in the browser, at /account/team.`,
  scope: ['read', 'team'],
  permission: 'manage_members',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  input: z.strictObject({ org: orgArgument, email: z.string().min(3).max(254), role: grantableRole }),
  output: z.looseObject({
    org: z.string(),
    invite: z.string(),
    email: z.string(),
    role: z.string(),
    expires_at: z.string(),
  }),

  async run({ email, role }, { db, secrets, org, caller, at }) {
    const sent = await inviteMember(db, secrets, { caller, org, email, role, at })
    return {
      org: org.slug,
      invite: sent.id,
      email: sent.email,
      role: sent.role,
      expires_at: sent.expiresAt.toISOString(),
    }
  },
})
