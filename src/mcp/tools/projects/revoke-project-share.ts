import { z } from 'zod'
import { revokeShare } from '#domain/sharing'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'
import { shareRef } from './share-ref.ts'

export default defineTool({
  kind: 'action',
  name: 'revoke_project_share',
  title: 'End a project share',
  description: `
    Ends a share at once: its link no longer works, and the guest's next request is refused. Tokens that the guest made
    still work and are returned: end them by revoke_project_token.`,
  scope: ['read', 'team'],
  permission: 'share_projects',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, share: shareRef }),
  output: z.looseObject({
    org: z.string(),
    share: z.string(),
    project: z.string(),
    email: z.string(),
    ended_at: z.string(),
    tokens: z.array(z.looseObject({ token: z.string(), label: z.string() })),
  }),

  async run({ share }, { db, org, caller, at }) {
    const ended = await revokeShare(db, { caller, org, share, at })
    return {
      org: org.slug,
      share: ended.id,
      project: ended.project,
      email: ended.email,
      ended_at: ended.endedAt.toISOString(),
      tokens: ended.tokens.map(({ id, label }) => ({ token: id, label: foreignName(label) })),
    }
  },
})
