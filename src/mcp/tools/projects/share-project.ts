import { z } from 'zod'
import { shareEnd, shareProject } from '#domain/sharing'
import { idempotencyKey, moment, orgArgument, projectRef } from '#kernel/schemas'
import { defineCreationTool } from '../../call/tool.ts'
import { guestRole } from './share-ref.ts'

export default defineCreationTool({
  name: 'share_project',
  title: 'Share a project',
  description: `
    Shares one project with somebody outside the org: mails a link that works once, for 7 days, for that address only.
    A viewer sees the project, its licences and installs; a developer also manages its tokens. For a guest it changes
    role and end at once. Next: list_project_shares.`,
  scope: ['read', 'team'],
  permission: 'share_projects',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  input: z.strictObject({
    org: orgArgument,
    project: projectRef,
    email: z.string().min(3).max(254),
    role: guestRole,
    until: moment.optional().describe('The last day, or when the access ends; default: never'),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    share: z.string(),
    project: z.string(),
    email: z.string(),
    role: guestRole,
    outcome: z.enum(['sent', 'sent_again', 'changed']).describe('changed: a guest already, no mail'),
    until: z.string().optional(),
    replayed: z.boolean().optional(),
  }),

  async run(args, { db, org, caller, secrets, at }) {
    const { org: _, idempotency_key: key, until, ...input } = args
    const sharing = {
      caller,
      org,
      key,
      at,
      input: { ...input, until: until === undefined ? undefined : shareEnd(until) },
    }
    return shareProject(db, secrets, sharing)
  },
})
