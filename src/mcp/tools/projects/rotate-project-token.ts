import { z } from 'zod'
import { rotateToken } from '#domain/projects'
import { credentials, idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineProjectCreationTool } from '../../call/tool.ts'
import { newKeys } from './new-keys.ts'
import { tokenRef } from './token-ref.ts'

export default defineProjectCreationTool({
  name: 'rotate_project_token',
  title: 'Rotate a project token',
  description: `
    Replaces a project token: returns the auth.json of a new token. The old token ends after overlap_hours, so that no
    install fails. When its keys leaked, use overlap_hours 0. With an idempotency_key a repeat returns the same token.`,
  scope: ['read', 'projects'],
  permission: 'manage_project_tokens',
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    token: tokenRef,
    overlap_hours: z.int().min(0).max(168).optional().describe('Default 24'),
    credentials,
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    token: z.string(),
    label: z.string(),
    replaces: z.looseObject({ token: z.string(), public_key: z.string(), works_until: z.string() }),
    ...newKeys,
  }),

  async run(args, context) {
    const { org: _, idempotency_key: key, ...input } = args
    const { db, org, caller, secrets, publicUrl, at } = context
    const rotation = { caller, org, input, key, publicUrl, seal: secrets.seal, at }
    return rotateToken(db, rotation)
  },
})
