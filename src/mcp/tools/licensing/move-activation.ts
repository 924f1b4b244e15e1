import { z } from 'zod'
import { moveActivation } from '#domain/licensing'
import { orgArgument, projectRef } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { licenceRef } from './licence-ref.ts'

export default defineTool({
  kind: 'action',
  name: 'move_activation',
  title: 'Move an activation',
  description: `
    Moves a licence from one project to another in one step. The first project, which may be archived, can then no
    longer install the package. Changes nothing when it has already moved. Next: get_install_snippet.`,
  scope: ['read', 'projects'],
  permission: 'activate_licences',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    licence: licenceRef,
    from: projectRef.describe('Id or slug of the project that has it'),
    to: projectRef.describe('Id or slug of the project that gets it'),
  }),
  output: z.looseObject({
    org: z.string(),
    outcome: z.enum(['moved', 'already_moved']),
    licence: z.string(),
    package: z.string(),
    from: z.string().describe('Slug'),
    to: z.string().describe('Slug'),
    valid_until: z.string().optional(),
    replaced_licence: z.string().optional().describe('The ended licence that it replaced'),
  }),

  async run({ licence: id, from, to }, { db, org, caller, at }) {
    const moved = await moveActivation(db, { caller, org, licence: id, from, to, at })
    const { outcome, licence, replaced } = moved
    return {
      org: org.slug,
      outcome,
      licence: licence.id,
      package: licence.packageName,
      from: moved.from.slug,
      to: moved.to.slug,
      ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
      ...(replaced && { replaced_licence: replaced }),
    }
  },
})
