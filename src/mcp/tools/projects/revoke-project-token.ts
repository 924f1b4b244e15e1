import { z } from 'zod'
import { revokeToken } from '#domain/projects'
import { orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineProjectTool } from '../../call/tool.ts'
import { tokenRef } from './token-ref.ts'

export default defineProjectTool({
  kind: 'action',
  name: 'revoke_project_token',
  title: 'Revoke a project token',
  description: `
    Ends a project token at once and for good: installs with its keys fail from now on. When somebody still installs
    with it, call rotate_project_token instead.`,
  scope: ['read', 'projects'],
  permission: 'manage_project_tokens',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, token: tokenRef }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    token: z.string(),
    label: z.string(),
    public_key: z.string(),
    revoked_at: z.string(),
  }),

  async run({ token: ref }, { db, org, caller, at }) {
    const { project, id, label, publicKey, revokedAt } = await revokeToken(db, {
      caller,
      org,
      token: ref,
      at,
    })
    return {
      org: org.slug,
      project,
      token: id,
      label: foreignName(label),
      public_key: publicKey,
      revoked_at: revokedAt.toISOString(),
    }
  },
})
