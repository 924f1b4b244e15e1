import { z } from 'zod'
import { setUpProject } from '#domain/projects'
import {
  credentials,
  edition,
  idempotencyKey,
  orgArgument,
  productionDomain,
  projectName,
} from '#kernel/schemas'
import { defineCreationTool } from '../../call/tool.ts'
import { newKeys } from './new-keys.ts'

export default defineCreationTool({
  name: 'setup_project',
  title: 'Set up a project',
  description: `
    Creates a project (one Magento install) with its first token and returns the auth.json, the repository entry and
    the composer commands for it. With an idempotency_key a repeat returns the same project. A name in use
    is refused.`,
  scope: ['read', 'projects'],
  permission: 'manage_projects',
  hints: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    name: projectName,
    edition: edition.optional().describe('Default: open-source'),
    production_domain: productionDomain.optional(),
    credentials,
    force_another: z.boolean().optional(),
    idempotency_key: idempotencyKey.optional(),
  }),
  output: z.looseObject({
    org: z.string(),
    project: z.string(),
    slug: z.string(),
    ...newKeys,
  }),

  async run(args, context) {
    const { org: _, idempotency_key, ...input } = args
    const { db, org, caller, secrets, publicUrl, at } = context
    return setUpProject(db, {
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
