import { z } from 'zod'
import { activateLicence } from '#domain/licensing'
import { orgArgument, projectRef } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { licenceRef } from './licence-ref.ts'

export default defineTool({
  kind: 'action',
  name: 'activate_licence',
  title: 'Activate a licence',
  description: `
    Assigns a free slot of a licence to a project, which may then install its package. Changes nothing when it is
    already active there. Without a free slot call move_activation. Next: get_install_snippet.`,
  scope: ['read', 'projects'],
  permission: 'activate_licences',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, licence: licenceRef, project: projectRef }),
  output: z.looseObject({
    org: z.string(),
    outcome: z.enum(['activated', 'already_installed']),
    licence: z.string(),
    package: z.string(),
    project: z.string(),
    slug: z.string(),
    free_slots: z.int(),
    valid_until: z.string().optional(),
    replaced_licence: z.string().optional().describe('The ended licence that it replaced'),
  }),

  async run({ licence: id, project: ref }, { db, org, caller, at }) {
    const done = await activateLicence(db, { caller, org, licence: id, project: ref, at })
    const { outcome, licence, project, replaced } = done
    return {
      org: org.slug,
      outcome,
      licence: licence.id,
      package: licence.packageName,
      project: project.id,
      slug: project.slug,
      free_slots: licence.freeSlots,
      ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
      ...(replaced && { replaced_licence: replaced }),
    }
  },
})
