import { z } from 'zod'
import { LONGEST_COOLDOWN, updateProject } from '#domain/projects'
import { anyProjectName, edition, orgArgument, productionDomain, projectRef } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { defineTool } from '../../call/tool.ts'

export default defineTool({
  kind: 'action',
  name: 'update_project',
  title: 'Update a project',
  description: `
    Changes the name, edition, production domain or cooldown of a project; what is left out stays. Its slug and its
    repository URL do not change.`,
  scope: ['read', 'projects'],
  permission: 'manage_projects',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    project: projectRef,
    name: anyProjectName.optional(),
    edition: edition.optional(),
    production_domain: z
      .union([productionDomain, z.enum([''])])
      .optional()
      .describe('Empty removes it'),
    cooldown_days: z
      .int()
      .min(0)
      .max(LONGEST_COOLDOWN)
      .optional()
      .describe('Holds new versions back; lowered only in the browser'),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    slug: z.string(),
    name: z.string(),
    edition,
    production_domain: z.string().optional(),
    cooldown_days: z.int(),
    changed: z.array(z.string()),
  }),

  async run(args, { db, org, caller }) {
    const { org: _, production_domain: productionDomain, cooldown_days: cooldownDays, ...given } = args
    const updated = await updateProject(db, { caller, org, ...given, productionDomain, cooldownDays })
    return {
      org: org.slug,
      project: updated.id,
      slug: updated.slug,
      name: foreignName(updated.name),
      edition: updated.edition,
      ...(updated.productionDomain && { production_domain: updated.productionDomain }),
      cooldown_days: updated.cooldownDays,
      changed: [...updated.changed],
    }
  },
})
