import { z } from 'zod'
import { createProjectToken } from '#domain/projects'
import { credentials, idempotencyKey, orgArgument, projectRef, tokenLabel } from '#kernel/schemas'
import { defineProjectCreationTool } from '../../call/tool.ts'
import { newKeys } from './new-keys.ts'

export default defineProjectCreationTool({
  name: 'create_project_token',
  title: 'Create a project token',
  description: `
    Creates another token of a project and returns its auth.json. Use it when the last token was lost, or for each
    server. Tokens in use stay valid. An unused token that you created with the same label ends. With an
    idempotency_key a repeat returns the same token.`,
  scope: ['read', 'projects'],
  permission: 'manage_project_tokens',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    project: projectRef,
    label: tokenLabel.optional(),
    credentials,
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    token: z.string(),
    label: z.string(),
    ...newKeys,
  }),

  async run(args, context) {
    const { org: _, idempotency_key, ...input } = args
    const { db, org, caller, secrets, publicUrl, at } = context
    return createProjectToken(db, {
      caller,
      org,
      input,
      key: idempotency_key,
      publicUrl,
      seal: secrets.seal,
      at,
    })
  },
})
