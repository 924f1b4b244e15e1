import { z } from 'zod'
import { orgIdOf } from '#domain/orgs'
import { installSnippet, projectsFor } from '#domain/projects'
import { edition, orgArgument } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineProjectTool } from '../../call/tool.ts'

const projectRow = z.looseObject({
  id: z.string(),
  slug: z.string(),
  name: z.string(),
  edition,
  production_domain: detail(z.string()),
  packages: detail(z.array(z.string())),
  repository_url: detail(z.string()),
  created_at: detail(z.string()),
  cooldown_days: detail(z.int().describe('How long new versions are held back; 0: not at all')),
})

export default defineProjectTool({
  kind: 'read',
  name: 'list_projects',
  title: 'List projects',
  description: `
    Lists an org's projects (Magento installs); detailed: also the packages active on each. Next: get_install_snippet,
    or purchase_and_install_package.`,
  scope: 'read',
  permission: 'see',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    search: z.string().min(1).max(100).optional().describe('In name, slug or domain'),
    archived: z.boolean().optional().describe('True: only archived ones'),
    ...page,
  }),
  output: orgListOf(projectRow),

  async run({ search, archived, ...args }, { db, org, cursors, publicUrl }) {
    const listed = await pageOf(
      { cursors },
      {
        row: projectRow,
        place: {
          tool: 'list_projects',
          owner: orgIdOf(org),
          filter: { search, archived: archived ? 'true' : undefined },
        },
        page: args,
        read: (range) => projectsFor(db, org, { ...range, search, isArchived: archived }),
        keyOf: ({ slug }) => slug,
        show: ({ name, productionDomain, packages, createdAt, cooldownDays, ...project }) => ({
          ...project,
          name: foreignName(name),
          ...(productionDomain && { production_domain: productionDomain }),
          packages,
          repository_url: installSnippet(publicUrl, project.id, []).repository.url,
          created_at: createdAt.toISOString(),
          cooldown_days: cooldownDays,
        }),
      },
    )
    return { org: org.slug, ...listed }
  },
})
