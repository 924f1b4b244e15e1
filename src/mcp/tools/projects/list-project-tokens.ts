import { z } from 'zod'
import { listProjectTokens, projectFor } from '#domain/projects'
import type { ProjectTokenId } from '#kernel/ids'
import { orgArgument, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineProjectTool } from '../../call/tool.ts'

const tokenRow = z.looseObject({
  id: z.string(),
  label: z.string(),
  state: z.enum(['valid', 'expiring', 'expired', 'revoked']),
  ends_if_unused: z.literal(true).optional(),
  last_used_at: z.string().optional(),
  public_key: detail(z.string()),
  created_at: detail(z.string()),
  expires_at: detail(z.string()),
  revoked_at: detail(z.string()),
})

export default defineProjectTool({
  kind: 'read',
  name: 'list_project_tokens',
  title: 'List project tokens',
  description: `
    Lists a project's Composer tokens, newest first: label, state, last use; detailed: public key and dates. Private
    keys are never shown. Next: rotate_project_token, revoke_project_token.`,
  scope: 'read',
  permission: 'manage_project_tokens',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, project: projectRef, ...page }),
  output: orgListOf(tokenRow).extend({ project: z.string() }),

  async run({ project: ref, ...args }, { db, org, cursors, at }) {
    const { id: project } = await projectFor(db, org, { project: ref, permission: 'manage_project_tokens' })
    const listed = await pageOf(
      { cursors },
      {
        row: tokenRow,
        place: { tool: 'list_project_tokens', owner: project },
        page: args,
        read: ({ limit, after }) =>
          listProjectTokens(db, { project, limit, after: after as ProjectTokenId | undefined, at }),
        keyOf: ({ id }) => id,
        show: ({
          id,
          label,
          state,
          publicKey,
          createdAt,
          lastUsedAt,
          expiresAt,
          revokedAt,
          endsIfUnused,
        }) => ({
          id,
          label: foreignName(label),
          state,
          ...(endsIfUnused && { ends_if_unused: true as const }),
          ...(lastUsedAt && { last_used_at: lastUsedAt.toISOString() }),
          public_key: publicKey,
          created_at: createdAt.toISOString(),
          ...(expiresAt && { expires_at: expiresAt.toISOString() }),
          ...(revokedAt && { revoked_at: revokedAt.toISOString() }),
        }),
      },
    )
    return { org: org.slug, project, ...listed }
  },
})
