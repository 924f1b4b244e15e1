import { z } from 'zod'
import { changeMemberRole } from '#domain/team'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'
import { grantableRole, memberRef } from './team-inputs.ts'

export default defineTool({
  kind: 'action',
  name: 'change_member_role',
  title: 'Change the role of a member',
  description: `
    Gives a member another role from their next request on. Pending invites that they may not send any more are revoked.
    Owners are made and changed in the browser, at /account/team.`,
  scope: ['read', 'team'],
  permission: 'manage_members',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, member: memberRef, role: grantableRole }),
  output: z.looseObject({
    org: z.string(),
    member: z.string(),
    name: z.string(),
    role: z.string(),
    previous_role: z.string(),
    changed: z.boolean(),
    revoked_invites: z.int().optional(),
  }),

  async run({ member, role }, { db, org, caller, at }) {
    const changed = await changeMemberRole(db, { caller, org, member, role, at })
    return {
      org: org.slug,
      member: changed.member,
      name: foreignName(changed.name),
      role: changed.role,
      previous_role: changed.previous,
      changed: changed.changed,
      ...(changed.revokedInvites && { revoked_invites: changed.revokedInvites }),
    }
  },
})
