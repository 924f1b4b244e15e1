import { z } from 'zod'
import { acceptInvite } from '#domain/team'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'
import { inviteRef } from './team-inputs.ts'

export default defineTool({
  kind: 'action',
  name: 'accept_invite',
  title: 'Accept an invite',
  description: `
    Joins an org by an invite to the user's own address (invites in get_my_dashboard). Only after the user said yes to
    this org. The active org stays. An invite as owner is accepted in the browser.`,
  scope: ['read', 'team'],
  permission: 'any',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ invite: inviteRef }),
  output: z.looseObject({
    org: z.string(),
    name: z.string(),
    role: z.string(),
    changed: z.boolean().describe('False: it was accepted before'),
  }),

  async run({ invite }, { db, caller, at }) {
    const { org, changed } = await acceptInvite(db, { caller, invite, at })
    return { org: org.slug, name: foreignName(org.name), role: org.role, changed }
  },
})
