import { z } from 'zod'
import { readOperation } from '#domain/operations'
import { rotateToken } from '#domain/projects'
import { authJson, composerRepository, idempotencyKey, orgArgument } from '#kernel/schemas'
import { resultOf } from '../../operation-answer.ts'
import { defineTool } from '../../tool.ts'
import { tokenRef } from './token-ref.ts'

export default defineTool({
  name: 'rotate_project_token',
  title: 'Rotate a project token',
  description: `
    Replaces a project token: returns the auth.json of a new one, and the old one ends after overlap_hours, so that no
    install breaks. When its keys leaked, use overlap_hours 0. With an idempotency_key a repeat answers the same token.`,
  scope: ['read', 'projects'],
  deed: 'manage_project_tokens',
  hints: { readOnly: false, destructive: true, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    token: tokenRef,
    overlap_hours: z.int().min(0).max(168).optional().describe('Default 24'),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    token: z.string(),
    label: z.string(),
    replaces: z.looseObject({ token: z.string(), public_key: z.string(), works_until: z.string() }),
    auth_json: authJson.optional().describe('Put it beside composer.json; shown for a short time'),
    repository: composerRepository,
    composer_commands: z.array(z.string()),
    replayed: z.boolean().optional(),
    next_step: z.string().optional(),
  }),

  async run(asked, context) {
    const { org: _, idempotency_key: key, ...input } = asked
    const { db, org, caller, secrets, publicUrl, at } = context
    const rotation = { caller, org, input, key, publicUrl, seal: secrets.seal, at }
    const { operation, replayed } = await rotateToken(db, rotation)
    const result = await resultOf<TokenRotated>(context, await readOperation(db, operation))
    return { org: org.slug, ...result, ...(replayed && { replayed }) }
  },
})

/** As `rotateToken` stores it. */
interface TokenRotated {
  project: string
  token: string
  label: string
  replaces: { token: string; public_key: string; works_until: string }
  repository: { type: 'composer'; url: string }
  composer_commands: string[]
}
