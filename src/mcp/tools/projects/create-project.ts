import { z } from 'zod'
import { createBareProject } from '#domain/projects'
import { edition, idempotencyKey, orgArgument, productionDomain, projectName } from '#kernel/schemas'
import { defineCreationTool } from '../../call/tool.ts'

export default defineCreationTool({
  name: 'create_project',
  title: 'Create a project',
  description: `
    Creates a project (one Magento install) without a token; setup_project also creates a token. With an
    idempotency_key a repeat returns the same project. A name in use is refused. Next: create_project_token, or purchase_and_install_package.`,
  scope: ['read', 'projects'],
  permission: 'manage_projects',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    name: projectName,
    edition: edition.optional().describe('Default: open-source'),
    production_domain: productionDomain.optional(),
    force_another: z.boolean().optional(),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    slug: z.string(),
    edition,
    replayed: z.boolean().optional(),
  }),

  async run(args, context) {
    const { org: _, idempotency_key: key, ...input } = args
    const { db, org, caller, at } = context
    return createBareProject(db, { caller, org, input, key, at })
  },
})
