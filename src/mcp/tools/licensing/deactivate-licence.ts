import { z } from 'zod'
import { deactivateLicence } from '#domain/licensing'
import { orgArgument, projectRef } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { licenceRef } from './licence-ref.ts'

export default defineTool({
  kind: 'action',
  name: 'deactivate_licence',
  title: 'Deactivate a licence',
  description: `
    Removes a licence from a project, which can then no longer install its package. The slot is free for
    activate_licence. Nothing is refunded. To assign it to another project in one step call move_activation.`,
  scope: ['read', 'projects'],
  permission: 'activate_licences',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, licence: licenceRef, project: projectRef }),
  output: z.looseObject({
    org: z.string(),
    outcome: z.enum(['deactivated', 'already_deactivated']),
    licence: z.string(),
    package: z.string(),
    project: z.string(),
    slug: z.string(),
    free_slots: z.int(),
  }),

  async run({ licence: id, project: ref }, { db, org, caller, at }) {
    const done = await deactivateLicence(db, { caller, org, licence: id, project: ref, at })
    const { outcome, licence, project } = done
    return {
      org: org.slug,
      outcome,
      licence: licence.id,
      package: licence.packageName,
      project: project.id,
      slug: project.slug,
      free_slots: licence.freeSlots,
    }
  },
})
