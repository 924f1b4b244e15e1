import { z } from 'zod'
import { type MadeByMember, removeMember, whatStays } from '#domain/team'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'
import { memberRef } from './team-inputs.ts'

const leavesBehind = z.looseObject({
  project_tokens: z.array(z.looseObject({ token: z.string(), label: z.string(), project: z.string() })),
  operations: z.array(z.looseObject({ operation_id: z.string(), story: z.string(), status: z.string() })),
  cards: z.array(z.string()).describe('Ids; removed at /account/payment-methods'),
  guests: z.array(z.looseObject({ share: z.string(), email: z.string(), project: z.string() })),
  connections: z.int().describe('Assistants of that person, which are refused here from now on'),
})

export default defineTool({
  kind: 'action',
  name: 'remove_member',
  title: 'Remove a member',
  description: `
    Removes a member, or lets the user leave (member: their own id, from whoami): their next request in the org is refused.
    What they leave behind still works (dry_run shows it, also of a person who left): ask the user what to keep, and end
    the rest by revoke_project_token, revoke_project_share and cancel_operation. Owners are removed in the browser, at /account/team.`,
  scope: ['read', 'team'],
  permission: 'any',
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    member: memberRef,
    dry_run: z.boolean().optional().describe('Only shows what they leave behind'),
  }),
  output: z.looseObject({
    org: z.string(),
    member: z.string(),
    name: z.string(),
    dry_run: z.literal(true).optional(),
    leaves_behind: leavesBehind,
    revoked_invites: z.int().optional(),
    ended_links: z.int().optional(),
  }),

  async run({ member: ref, dry_run: isDryRun }, { db, org, caller, at }) {
    const wanted = { caller, org, member: ref, at }
    if (isDryRun) {
      const { member, name, left } = await whatStays(db, wanted)
      return {
        org: org.slug,
        member,
        name: foreignName(name),
        dry_run: true as const,
        leaves_behind: shown(left),
      }
    }
    const { member, name, left, revokedInvites, endedLinks } = await removeMember(db, wanted)
    return {
      org: org.slug,
      member,
      name: foreignName(name),
      leaves_behind: shown(left),
      ...(revokedInvites && { revoked_invites: revokedInvites }),
      ...(endedLinks && { ended_links: endedLinks }),
    }
  },
})

const shown = ({
  tokens,
  operations,
  cards,
  guests,
  connections,
}: MadeByMember): z.input<typeof leavesBehind> => ({
  project_tokens: tokens.map(({ id, label, project }) => ({ token: id, label: foreignName(label), project })),
  operations: operations.map(({ id, story, status }) => ({ operation_id: id, story, status })),
  cards: cards.map(({ id }) => id),
  guests: guests.map(({ share, email, project }) => ({ share, email, project })),
  connections: connections.length,
})
