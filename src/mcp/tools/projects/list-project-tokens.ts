import { z } from 'zod'
import { listProjectTokens, projectOf } from '#domain/projects'
import type { ProjectTokenId } from '#kernel/ids'
import { orgArgument, projectRef } from '#kernel/schemas'
import { orgListOf, page, pageOf } from '../../page.ts'
import { defineTool } from '../../tool.ts'

export default defineTool({
  name: 'list_project_tokens',
  title: 'List project tokens',
  description: `
    Lists a project's Composer tokens, newest first: label, public key, when each was last used, and which are expiring
    or revoked. Private keys are never shown. Next: rotate_project_token, revoke_project_token.`,
  scope: 'read',
  deed: 'manage_project_tokens',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef, ...page }),
  output: orgListOf(
    z.looseObject({
      id: z.string(),
      label: z.string(),
      public_key: z.string(),
      state: z.enum(['valid', 'expiring', 'expired', 'revoked']),
      created_at: z.string(),
      last_used_at: z.string().optional(),
      expires_at: z.string().optional(),
      revoked_at: z.string().optional(),
    }),
  ).extend({ project: z.string() }),

  async run({ project: ref, ...asked }, { db, org, cursors, at }) {
    const { id: project } = await projectOf(db, org.id, ref)
    const listed = await pageOf(
      { cursors },
      {
        place: { tool: 'list_project_tokens', owner: org.id, filter: { project } },
        page: asked,
        read: ({ limit, after }) =>
          listProjectTokens(db, { project, limit, after: after as ProjectTokenId | undefined, at }),
        keyOf: ({ id }) => id,
        show: ({ publicKey, createdAt, lastUsedAt, expiresAt, revokedAt, ...token }) => ({
          ...token,
          public_key: publicKey,
          created_at: createdAt.toISOString(),
          ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
          ...(expiresAt && { expires_at: expiresAt.toISOString() }),
          ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
        }),
      },
    )
    return { org: org.slug, project, ...listed }
  },
})
